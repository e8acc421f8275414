#include "base/environment.h"

#include <string.h>

struct span environment_get(const struct environment *environment, const char *name)
{
    size_t length = strlen(name);
    for (char *const *entry = environment->entries; *entry; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return span_of(*entry + length + 1);
    return (struct span){NULL, 0};
}

struct span environment_filled(const struct environment *environment, const char *name)
{
    struct span value = environment_get(environment, name);
    return value.length ? value : (struct span){NULL, 0};
}

bool environment_has(const struct environment *environment, const char *name)
{
    return environment_get(environment, name).at;
}
