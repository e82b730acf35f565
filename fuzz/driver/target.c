/* SPDX-License-Identifier: MIT */
/* fuzz_driver: the driver against a device that may do anything.
 *
 * What must hold, whatever the device does:
 *   - each request comes back once, with a result that its header allows, and
 *     at the latest after a recover, or a close, that the device has answered;
 *   - no memory is touched but the driver's own, what dma_alloc gave, and
 *     buffers that are not lent; nothing is lent that was not given, nothing
 *     taken back or freed while the device may use it;
 *   - each call ends within a bounded number of steps;
 *   - registers are used as 4.2 has it; chains that are made available are
 *     whole; no queue call wakes anybody;
 *   - once the device is honest again, recover succeeds, data arrive, and in
 *     the end no memory is held. */
#include "caller.h"
#include "law.h"
#include "ops.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t features[] = {
#define FEATURE(bit) bit,
    FUZZ_FEATURES(FEATURE)
#undef FEATURE
};

static uint64_t feature_set(uint64_t bits)
{
    uint64_t set = 0;

    for (unsigned i = 0; i < sizeof(features); i++) {
        if ((bits >> i & 1) != 0)
            set |= PEER_F(features[i]);
    }
    return set;
}

static struct fuzz_head read_head(struct peer *p)
{
    struct fuzz_input *in = &p->in;
    struct fuzz_head head = {.sound = (fuzz_u8(in) & 1) != 0};
    uint8_t n;

    head.offered = feature_set(fuzz_uint(in, 2)) | PEER_F(VIRTIO_F_VERSION_1);
    head.wanted = ~feature_set(fuzz_uint(in, 2));
    n = fuzz_u8(in);
    head.queues = n == 0 ? 0 : 1 + n % 3;
    head.slots = 1 + fuzz_u8(in) % FUZZ_SLOTS_MAX;
    head.size_max = (uint16_t)(1 + fuzz_u8(in) % FUZZ_SLOTS_MAX);
    n = fuzz_u8(in);
    head.indirect_entries =
        (uint16_t)(n % 8 | ((n & 0x80) != 0 ? RGT_VQ_INDIRECT_TAIL : 0));
    head.timeout_ns = (32 + fuzz_u8(in)) * UINT64_C(4000);
    p->now_ns = fuzz_u8(in) == 0 ? 0 : PEER_TIME_END;
    head.room = fuzz_u8(in);
    return head;
}

int fuzz_result(struct peer *p, const char *call, int result, int most,
                uint32_t may)
{
    bool known = result >= RGT_E_TIMEOUT && result < 0;

    peer_digest(p, (uint32_t)result);
    fuzz_say("  %s: %d %s", call, result,
             result < 0 ? rgt_err_name(result) : "");
    FUZZ_LAW(result >= 0 ? result <= most : known && (may >> -result & 1) != 0,
             "%s returned %d (%s)", call, result, rgt_err_name(result));
    return result;
}

void *fuzz_make(size_t bytes)
{
    uint8_t *mem = malloc(bytes > 0 ? bytes : 1);

    FUZZ_LAW(mem, "the fuzz target is out of memory");
    memset(mem, 0x77, bytes);
    return mem;
}

uint64_t fuzz_run(const uint8_t *data, size_t bytes)
{
    static struct peer peer; /* too large to be allocated for each run */
    struct peer *p = &peer;
    struct fuzz_head head;

    peer_init(p, data, bytes);
    head = read_head(p);
    p->sound = head.sound;
    p->offered = head.offered;
    p->size_max = head.size_max;
    peer_config(p);
    if (head.sound)
        fuzz_snd(p, &head);
    else
        fuzz_blk(p, &head);
    peer_free(p);
    return p->digest;
}
