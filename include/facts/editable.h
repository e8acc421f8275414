#ifndef FACTS_EDITABLE_H
#define FACTS_EDITABLE_H

/* What an editable install leaves in a site folder: a link to the source, and a note that it is one. Any bytes may be given;
 * no system call is made, and spans lie in the given bytes.
 *
 * Source: setuptools/command/editable_wheel.py (_FINDER_TEMPLATE), from 64.0 on; PEP 610, the Direct URL Data Structure.
 */

#include "base/text.h"

/* A finder of setuptools (__editable___NAME_finder.py): calls `each` for what its MAPPING says, module 'shop' and path
 * '/src/shop', which is a package's folder or a module's file without ".py". Stops at what isn't two plain strings. */
void editable_mapping(struct span source, void (*each)(void *context, struct span module, struct span path),
                      void *context);
/* Does a direct_url.json say that the install is editable? */
bool editable_is_noted(struct span json);

#endif
