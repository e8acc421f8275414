#ifndef FACTS_ID_MAP_H
#define FACTS_ID_MAP_H

/* /proc/PID/uid_map and gid_map (user_namespaces(7)): lines of "first id inside, first id outside, how many". */

#include "base/text.h"

/* Is `id` an id of this user namespace? A line that isn't one maps nothing. */
bool id_map_has(struct span bytes, uint32_t id);
/* How many ids the namespace has; 4294967295 is the map of a process in no user namespace of its own. */
uint64_t id_map_count(struct span bytes);

#endif
