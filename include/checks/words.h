#ifndef CHECKS_WORDS_H
#define CHECKS_WORDS_H

/* Words of a server's command line that no one can have meant: one that ends in a carriage return (a script with Windows
 * line ends), and a variable that no shell has put its value in for ("$PORT"). They go on as they are: both are warnings.
 */

#include "checks/scene.h"

/* `words` ends with NULL. Adds a finding a word, and reads nothing but the words. */
void words_judge(const struct scene *scene, char *const *words);

#endif
