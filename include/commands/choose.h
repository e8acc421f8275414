#ifndef COMMANDS_CHOOSE_H
#define COMMANDS_CHOOSE_H

/* Takes the Python that is asked for, or finds one, and sets the child's environment for it. */

#include "checks/places.h"

struct session;

struct chosen {
    struct choice choice;
    char bin[PATH_MOST]; /* the folder of the interpreter, as it goes into PATH */
};

/* Chooses among the places from index `first` on; 0 lists them first. False: findings say why there is none. */
bool choose_python(struct session *session, unsigned first, struct chosen *chosen);
/* The environment of a server or command that runs with it. */
void choose_environment(struct session *session, const struct chosen *chosen);
/* Who named or found it: "VIRTUAL_ENV", "PATH" ... */
struct span choose_origin(const struct chosen *chosen);
/* To a finding of a Python that has no uvicorn: which others are there, and {elsewhere}, the first that has it. */
void choose_add_others(struct session *session, const struct chosen *chosen, struct finding *finding);
/* Python 3.11 and later take -P: without it a file uvicorn.py in the working folder would run in uvicorn's place. */
bool choose_takes_safe_path(const struct interpreter *interpreter);
/* For -v: which one, and who named it. */
void choose_say(const struct session *session, const struct chosen *chosen);

#endif
