#include "checks/privileged_port.h"

#include "checks/executable.h"

enum { KERNEL_DEFAULT = 1024, SETTING_MOST = 32, PORT_MOST = 65535, NET_BIND_SERVICE = 10 };

bool port_is_privileged(uint32_t port, struct span setting)
{
    uint64_t start;
    if (!span_number(span_trim(setting), PORT_MOST + 1, &start))
        start = KERNEL_DEFAULT;
    return port != 0 && port < start;
}

static struct span read_setting(const struct reader *reader, char setting[static SETTING_MOST])
{
    size_t length = 0;
    if (reader_read_kernel(reader, "/proc/sys/net/ipv4/ip_unprivileged_port_start", setting, SETTING_MOST, &length))
        length = 0;
    return (struct span){setting, length};
}

bool port_needs_capability(const struct reader *reader, uint32_t port)
{
    char setting[SETTING_MOST];
    return port_is_privileged(port, read_setting(reader, setting));
}

bool port_is_refused(const struct reader *reader, uint32_t port, struct span program, uint64_t *start)
{
    char setting[SETTING_MOST];
    return span_number(span_trim(read_setting(reader, setting)), PORT_MOST + 1, start) && port != 0 && port < *start &&
           executable_lacks(reader, program, NET_BIND_SERVICE);
}
