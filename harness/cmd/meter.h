/* SPDX-License-Identifier: MIT
 *
 * meter.h: one line on the terminal that is written over and over: time,
 * level, fill of the buffer, xruns, as far as they fit. Nothing if stderr is no
 * terminal.
 */
#ifndef RIG_METER_H
#define RIG_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rig_meter {
    bool on;
    bool shown;
    uint64_t next_ns; /* real time */
    double peak;      /* since it was shown last, 0 to 1 */
};

struct rig_meter_state {
    uint64_t frames, frames_total; /* total UINT64_MAX: no end known */
    uint32_t rate_hz;
    unsigned used, count; /* periods */
    uint64_t xruns;
};

void rig_meter_init(struct rig_meter *m);

/* Looks at the level of frames that go by. */
void rig_meter_listen(struct rig_meter *m, uint8_t format, const void *frames,
                      size_t bytes);

/* Ten times a second at most. */
void rig_meter_show(struct rig_meter *m, const struct rig_meter_state *s);

/* Wipes the line. */
void rig_meter_end(struct rig_meter *m);

#endif
