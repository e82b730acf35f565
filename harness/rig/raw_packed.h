/* SPDX-License-Identifier: MIT
 *
 * raw_packed.h: private to the raw driver: packed rings (2.8).
 */
#ifndef RIG_RAW_PACKED_H
#define RIG_RAW_PACKED_H

#include "raw.h"

/* As the calls of raw.h without _packed. */
void rig_raw_packed_put_desc(struct rig_raw *raw, bool in_table, uint8_t *at,
                             uint32_t index, const struct rig_raw_desc *d);
void rig_raw_packed_put_avail(struct rig_raw *raw, uint16_t head,
                              unsigned slots);
bool rig_raw_packed_kick_wanted(const struct rig_raw *raw, unsigned slots);

/* Would it want one for the next slot? */
bool rig_raw_packed_is_armed(const struct rig_raw *raw);

/* Takes what has been used; counts it in packed.seen. */
void rig_raw_packed_collect(struct rig_raw *raw);

/* next_off and next_wrap of NOTIFICATION_DATA, as they lie in its value. */
uint32_t rig_raw_packed_where(const struct rig_raw *raw);

/* raw.c: memory that the device accesses at the same time. */
void rig_raw_put_le(uint8_t *at, uint64_t v, unsigned bytes);
void rig_raw_publish16(uint8_t *at, uint16_t v);
uint16_t rig_raw_load16(const uint8_t *at);

#endif
