#ifndef CHECKS_SCENE_H
#define CHECKS_SCENE_H

/* All that a check may look at, and where it adds what it finds. A command makes one; checks change nothing in it but
 * the findings. The pointers outlive the scene. */

#include "base/environment.h"
#include "base/findings.h"
#include "base/settings.h"
#include "checks/reader.h"

struct host; /* checks/host.h: containers, mounts, the kernel */

struct scene {
    const struct reader *reader;
    const struct settings *settings;
    const struct environment *environment;
    const struct host *host;
    struct findings *findings;
    struct span working_folder; /* absolute, as the server will start in */
    struct span app_dir;        /* absolute: uvicorn's --app-dir, or the working folder */
    /* The folder that the command names its program by: "/app/.venv/bin" of /app/.venv/bin/uvicorn; empty otherwise. */
    struct span command_folder;
    struct span command_program; /* the word itself; empty where the command names no program */
    char *const *command_words;  /* all of them, NULL at their end; or NULL */
};

/* A program to judge. */
struct candidate {
    struct span path;   /* absolute: the interpreter's own path, not its environment's folder */
    struct span origin; /* who names it, for `wanted`: "VIRTUAL_ENV", "PATH", "--python", "found" */
    bool named;         /* it was asked for: nothing else may be taken instead */
};

#endif
