/* SPDX-License-Identifier: MIT
 *
 * catalogue.h: the clause catalogue, vectors/clauses.csv: every normative
 * statement of VIRTIO 1.2 in scope.
 */
#ifndef RIG_CATALOGUE_H
#define RIG_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

struct rig_clause {
    const char *id;
    const char *section;
    const char *title;
    const char *actor; /* driver, device */
    const char *level; /* MUST, MUST NOT, SHOULD, SHOULD NOT, MAY */
    const char *statement;
    const char *where;
    const char *how;
};

struct rig_catalogue {
    struct rig_clause *list; /* in the order of the file */
    size_t count;
    char *text; /* owns the strings */
};

/* Returns 0, or -1 and one line in err (file, line, what was expected). */
int rig_catalogue_load(struct rig_catalogue *c, const char *dir, char *err,
                       size_t room);
void rig_catalogue_free(struct rig_catalogue *c);
const struct rig_clause *rig_catalogue_find(const struct rig_catalogue *c,
                                            const char *id);
/* MUST and MUST NOT, as against SHOULD and MAY. */
bool rig_clause_is_must(const struct rig_clause *c);

#endif
