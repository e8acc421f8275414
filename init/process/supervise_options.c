#include "process/supervise_options.h"

enum {
    SIGRTMIN_AND_3 = 37, /* how a container is stopped by systemd's tools */
    ORPHAN_TIMEOUT = 2000,
};

struct supervise_options supervise_defaults(bool serving, bool hup_stops)
{
    struct supervise_options options = {.orphan_timeout = ORPHAN_TIMEOUT, .keep = -1};
    for (int number = 1; number <= SIGNAL_LAST; number++)
        options.map[number] = (uint8_t)number;
    if (serving) {
        options.map[SIGQUIT] = SIGTERM;
        options.map[SIGRTMIN_AND_3] = SIGTERM;
    }
    if (serving && hup_stops)
        options.map[SIGHUP] = SIGTERM;
    return options;
}

bool supervise_map(struct supervise_options *options, struct span rule)
{
    if (!span_has(rule, '='))
        return false;
    int from = signal_number(span_split(&rule, '='));
    int to = rule.length == 0 ? 0 : signal_number(rule);
    if (from == 0 || from == SIGKILL || from == SIGSTOP || from == SIGCHLD || (rule.length > 0 && to == 0))
        return false;
    options->map[from] = (uint8_t)to;
    return true;
}

static bool is_stop(const struct supervise_options *options, int number)
{
    int sent = options->map[number];
    return sent != 0 && (number == SIGTERM || number == SIGINT || sent == SIGTERM || sent == SIGINT);
}

uint64_t supervise_stops(const struct supervise_options *options)
{
    uint64_t stops = 0;
    for (int number = 1; number <= SIGNAL_LAST; number++)
        stops |= is_stop(options, number) ? signal_bit(number) : 0;
    return stops;
}
