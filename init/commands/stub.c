#include "checks/places.h"
#include "checks/host.h"
__attribute__((weak)) void places_list(const struct scene*s, struct places*p){(void)s;(void)p;}
__attribute__((weak)) bool places_choose(const struct scene *scene, const struct places *places, unsigned first,
                   bool (*has_uvicorn)(const struct scene *scene, const struct interpreter *interpreter),
                   struct choice *choice){(void)scene;(void)places;(void)first;(void)has_uvicorn;(void)choice;return 0;}
__attribute__((weak)) void interpreter_version(const struct interpreter*i, struct text*t){(void)i;(void)t;}
__attribute__((weak)) void host_read(struct host *host, const struct reader *reader, const struct environment *environment){(void)host;(void)reader;(void)environment;}
