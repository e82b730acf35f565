/* SPDX-License-Identifier: MIT
 *
 * combo.h: one combination of the matrix: how a case is run beyond what its
 * vector says. It stands behind the '@' of a case id as key=value,
 *
 *     blk/5.2.6.1/read-past-capacity@ring=packed,size=7,sched=threads
 *
 * and what it does not name is as the vector, or the command line, has it. No
 * character of it means anything to a shell.
 */
#ifndef RIG_COMBO_H
#define RIG_COMBO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order in which ids name them. */
enum rig_dim {
    RIG_DIM_RING,
    RIG_DIM_INDIRECT,  /* these three: whether the device offers */
    RIG_DIM_EVENT_IDX, /* VIRTIO_F_INDIRECT_DESC, _EVENT_IDX, _IN_ORDER */
    RIG_DIM_IN_ORDER,
    RIG_DIM_SIZE, /* entries of each queue */
    RIG_DIM_MEMORY,
    RIG_DIM_SCHED,
    RIG_DIM_COUNT
};

/* A value: that number of entries for RIG_DIM_SIZE, else one of these. */
enum { RIG_UNNAMED = 0 };
enum { RIG_RING_SPLIT = 1, RIG_RING_PACKED };
enum { RIG_OFF = 1, RIG_ON };
enum { RIG_MEMORY_DIRECT = 1, RIG_MEMORY_BOUNCE, RIG_MEMORY_GUARDED };
enum { RIG_SCHED_STEP = 1, RIG_SCHED_THREADS };

#define RIG_SIZE_MAX 32768u

/* All zeroes: nothing is named. */
struct rig_combo {
    uint16_t value[RIG_DIM_COUNT];
};

/* What the text of a combination needs at most. */
#define RIG_COMBO_ROOM 128u

/* What a case id needs, with the longest path of a vector. */
#define RIG_CASE_ID_ROOM (4096u + RIG_COMBO_ROOM)

/* "ring" */
const char *rig_dim_name(enum rig_dim dim);

/* The value that a word stands for, RIG_UNNAMED if for none. */
uint16_t rig_value_find(enum rig_dim dim, const char *word);

/* "packed", "7" */
void rig_value_text(enum rig_dim dim, uint16_t value, char *to, size_t room);

/* Returns 0, or -1 and in err what was expected and found. */
int rig_combo_parse(struct rig_combo *combo, const char *text, char *err,
                    size_t room);

/* What is named, "" for nothing. */
void rig_combo_text(const struct rig_combo *combo, char *to, size_t room);

bool rig_combo_same(const struct rig_combo *a, const struct rig_combo *b);

/* The id of the case: "ID" or "ID@KEY=VALUE,...". */
void rig_case_id(const char *id, const struct rig_combo *combo, char *to,
                 size_t room);

#endif
