/* SPDX-License-Identifier: MIT
 *
 * ring_peer.h: the least that can stand at the other end of a virtqueue while
 * the driver's half is measured. It trusts the driver, and is no device: that
 * of fakedev checks everything, and would be what is measured.
 *
 * Threads: one at a time, any.
 */
#ifndef RIG_RING_PEER_H
#define RIG_RING_PEER_H

#include <stdbool.h>
#include <stdint.h>

struct rig_peer {
    bool packed;
    bool walks; /* reads every descriptor; else only what it must give back */
    uint16_t chain; /* ring entries per chain: 1 with indirect tables */
    uint32_t size;
    uint8_t *desc, *driver, *device; /* the three areas */
    uint32_t at;                     /* packed: next descriptor */
    bool wrap;                       /* packed */
    uint16_t avail, used;            /* split */
    uint64_t bytes;                  /* of all buffers seen: keeps the walk */
};

/* Asks for no kicks. */
void rig_peer_quiet(struct rig_peer *p);

/* Gives back all that is available, at most `most`. Returns how many. */
unsigned rig_peer_serve(struct rig_peer *p, unsigned most);

#endif
