#include "fuzz.h"

#include "facts/accounts.h"

/* Three parts with a NUL between them: what is asked for, passwd, group. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = fuzz_span(data, size), rest = all;
    struct span asked = span_split(&rest, '\0'), passwd = span_split(&rest, '\0'), name = {NULL, 0};
    struct user user;
    enum user_error error = user_resolve(&user, asked, passwd, rest);
    must_lie_in(user.account.name, all);
    must_lie_in(user.account.home, all);
    must_lie_in(user.account.shell, all);
    must_lie_in(user.asked_user, all);
    must_lie_in(user.asked_group, all);
    must(user.groups.count <= ACCOUNT_GROUPS_MOST);
    if (error == USER_OK) {
        must(user.account.uid <= ACCOUNT_ID_MOST && user.account.gid <= ACCOUNT_ID_MOST);
        must(user.asked_group.length == 0 || user.groups.count == 0);
        if (group_with_gid(rest, user.account.gid, &name))
            must_lie_in(name, all);
    }
    return 0;
}
