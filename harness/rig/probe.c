/* SPDX-License-Identifier: MIT
 *
 * probe.c: see probe.h.
 */
#include "probe.h"

#include <stdlib.h>

struct rig_probe *rig_probe_new(struct rig *rig, enum rig_op_code code,
                                uint32_t bytes)
{
    struct rig_probe *probe = calloc(1, sizeof(*probe));

    if (!probe)
        return NULL;
    probe->request.op.code = code;
    if (bytes) {
        probe->seg = (struct rig_seg){rig_take(rig, bytes), bytes};
        probe->request.op.seg = &probe->seg;
        probe->request.op.seg_count = 1;
    }
    if (bytes && !probe->seg.buf) {
        free(probe);
        return NULL;
    }
    probe->next = rig->probes;
    rig->probes = probe;
    return probe;
}

static int outcome(const struct rig_request *r, int run)
{
    if (!r->submitted && r->result)
        return r->result;
    return run < 0 ? run : r->result;
}

int rig_probe_run(struct rig *rig, struct rig_probe *probe)
{
    return outcome(&probe->request, rig_run(rig, &probe->request, 1));
}

int rig_probe_finish(struct rig *rig, struct rig_probe *probe)
{
    uint64_t deadline = fake_machine_now(rig->machine) + rig->timeout_ns;

    return outcome(&probe->request,
                   rig_finish(rig, &probe->request, 1, deadline));
}

void rig_probes_drop(struct rig *rig, bool all)
{
    struct rig_probe **at = &rig->probes;

    while (*at) {
        struct rig_probe *probe = *at;

        if (!all && probe->request.submitted && !probe->request.done) {
            at = &probe->next;
            continue;
        }
        *at = probe->next;
        rig_give(rig, probe->seg.buf);
        free(probe);
    }
}
