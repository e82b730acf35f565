/* SPDX-License-Identifier: MIT
 *
 * generate_parts.h: the parts of the generator, private to it. Each adds to
 * device and steps what it draws.
 */
#ifndef RIG_GENERATE_PARTS_H
#define RIG_GENERATE_PARTS_H

#include <jansson.h>

#include "generate.h"
#include "random.h"

void rig_generate_blk(struct rig_random *r, const struct rig_menu *menu,
                      json_t *device, json_t *steps);
void rig_generate_snd(struct rig_random *r, const struct rig_menu *menu,
                      json_t *device, json_t *steps);
bool rig_menu_is_faulty(const struct rig_menu *menu);

/* Up to RIG_FAULTS_MAX of those on the menu, into device's "faults". */
void rig_generate_faults(struct rig_random *r, const struct rig_menu *menu,
                         bool sound, json_t *device);

/* Features of the ring that the device offers, appended to a list; IN_ORDER is
 * none of a sound device's. Returns how many entries each queue has, as a
 * driver sees it. */
uint32_t rig_generate_ring(struct rig_random *r, const struct rig_menu *menu,
                           bool in_order, json_t *features, json_t *device);

/* Adds member key = n. */
void rig_put(json_t *object, const char *key, uint64_t n);
/* Appends {"op": name} and returns it, borrowed. */
json_t *rig_step(json_t *steps, const char *name);
/* "expect": these two. */
void rig_may(json_t *step, const char *first, const char *second);

#endif
