#ifndef CHECKS_WORDS_H
#define CHECKS_WORDS_H

/* Words of a server's command line that no one can have meant: one that ends in a carriage return (a script with Windows
 * line ends), and a variable that no shell has put its value in for ("$PORT"). They go on as they are: both are warnings.
 */

#include "checks/candidates.h"
#include "facts/script_line.h"

enum { COMMAND_ITEMS = 1024 };

/* `words` ends with NULL. Adds a finding a word, and reads nothing but the words. */
void words_judge(const struct scene *scene, char *const *words);
/* The items of a CMD in exec form: the command's words, in each that begins with the folder `from` that folder replaced by
 * `to`. False, and nothing to print, where there are none, where no word is changed, or where one is better not shown or copied. */
bool words_as_items(const struct scene *scene, struct span from, const char *to, struct text *items);
/* The same, with the candidate in place of the application, of --app-dir and of --factory. All else stays, the address and
 * the workers; where a word of it is better not shown or copied, the candidate stands alone. */
void words_with_application(const struct scene *scene, const struct app_candidate *candidate, struct text *items);

/* The words that do what the kernel does with a script, as the items of a CMD: the interpreter and the argument of its first line
 * and its path in place of its name. False, and nothing to print, as above. */
bool words_for_interpreter(const struct scene *scene, const struct script_line *line, struct span script,
                           struct text *items);

/* What the command line's last `option` of uvicorn says, in either form, or else its variable; empty without both. */
struct span words_uvicorn_value(const struct scene *scene, const char *option, const char *variable);

#endif
