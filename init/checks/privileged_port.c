#include "checks/privileged_port.h"

enum { KERNEL_DEFAULT = 1024, SETTING_MOST = 32, PORT_MOST = 65535 };

bool port_is_privileged(uint32_t port, struct span setting)
{
    uint64_t start;
    if (!span_number(span_trim(setting), PORT_MOST + 1, &start))
        start = KERNEL_DEFAULT;
    return port != 0 && port < start;
}

bool port_needs_capability(const struct reader *reader, uint32_t port)
{
    char setting[SETTING_MOST];
    size_t length = 0;
    if (reader_read_kernel(reader, "/proc/sys/net/ipv4/ip_unprivileged_port_start", setting, sizeof(setting), &length))
        length = 0;
    return port_is_privileged(port, (struct span){setting, length});
}
