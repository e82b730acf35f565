/* SPDX-License-Identifier: MIT
 *
 * ring_bytes.c: the bytes of a chain, however it is cut into descriptors
 * (2.7.4.1).
 */
#include <string.h>

#include "fakedev/ring.h"

uint64_t fake_chain_read(const struct fake_chain *chain, uint64_t offset,
                         void *to, uint64_t bytes)
{
    uint8_t *out = to;
    uint64_t done = 0;
    uint32_t i;

    for (i = 0; i < chain->readable_count && done < bytes; i++) {
        const struct fake_seg *seg = &chain->seg[i];
        uint64_t n = seg->bytes;

        if (offset >= n) {
            offset -= n;
            continue;
        }
        n -= offset;
        if (n > bytes - done)
            n = bytes - done;
        memcpy(out + done, seg->mem + offset, n);
        done += n;
        offset = 0;
    }
    return done;
}

uint64_t fake_chain_write(const struct fake_chain *chain, uint64_t offset,
                          const void *from, uint64_t bytes)
{
    const uint8_t *in = from;
    uint64_t done = 0;
    uint32_t i;

    for (i = chain->readable_count; i < chain->seg_count && done < bytes; i++) {
        const struct fake_seg *seg = &chain->seg[i];
        uint64_t n = seg->bytes;

        if (offset >= n) {
            offset -= n;
            continue;
        }
        n -= offset;
        if (n > bytes - done)
            n = bytes - done;
        fake_chain_writing(chain, seg->mem + offset, n);
        memcpy(seg->mem + offset, in + done, n);
        fake_chain_wrote(chain, seg->mem + offset, n);
        done += n;
        offset = 0;
    }
    return done;
}
