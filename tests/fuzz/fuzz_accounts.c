#include "facts/accounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = {(const char *)data, size};
    struct account_user user;
    struct account_group group;

    if (account_user_parse(bytes, &user) && (user.name.length == 0 || user.uid > ACCOUNT_ID_MOST))
        __builtin_trap();
    if (account_group_parse(bytes, &group) && account_group_lists(&group, SPAN("")))
        __builtin_trap();
    return 0;
}
