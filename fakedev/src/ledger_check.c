/* SPDX-License-Identifier: MIT
 *
 * ledger_check.c: lent memory compared with what it has to be, and accesses
 * that are told as they happen.
 */
#include "ledger_private.h"

static uint8_t *shadow_of(struct fake_ledger *l, const uint8_t *at)
{
    return l->shadow + ledger_offset(l, at);
}

/* What the driver has there, by the mapping that is never guarded against
 * reading. */
static const uint8_t *now_at(const struct fake_ledger *l, const uint8_t *at)
{
    return l->arena->device + ledger_offset(l, at);
}

static void tell_change(struct fake_ledger *l, struct ledger_loan *loan,
                        const uint8_t *at, uint64_t bytes)
{
    const uint8_t *is = now_at(l, at), *was = shadow_of(l, at);
    uint64_t first = 0, last = bytes;

    while (is[first] == was[first])
        first++;
    while (is[last - 1] == was[last - 1])
        last--;
    fake_emit(l->log, FAKE_EV_TRESPASS, loan->queue,
              loan->dma + (uint64_t)(at + first - loan->at), last - first,
              loan->writable ? FAKE_TRESPASS_CHANGED_WRITABLE
                             : FAKE_TRESPASS_CHANGED_READABLE,
              loan->lent);
    loan->told = true;
}

void ledger_compare(struct fake_ledger *l, struct ledger_loan *loan,
                    const uint8_t *at, uint64_t bytes)
{
    size_t cut = bytes;
    const uint8_t *from = ledger_cut(loan, at, &cut);

    if (!cut || memcmp(now_at(l, from), shadow_of(l, from), cut) == 0)
        return;
    if (!loan->told)
        tell_change(l, loan, from, cut);
    memcpy(shadow_of(l, from), now_at(l, from), cut);
}

/* ---- what the device writes ------------------------------------------- */

/* Each loan of the chain that the device writes itself at mem. */
#define EACH_TOUCHED(l, chain, k, loan)                                        \
    for (uint32_t k = (chain)->loan - 1;                                       \
         k != LEDGER_NONE && ((loan) = &(l)->loan[k], true);                   \
         k = (l)->loan[k].next)                                                \
        if ((loan)->open && (loan)->writable && !(loan)->copied)

void fake_ledger_writing(struct fake_ledger *l, const struct fake_chain *chain,
                         const uint8_t *mem, uint64_t bytes)
{
    const uint8_t *at = ledger_mirror(l, mem);
    struct ledger_loan *loan;

    ledger_lock(l);
    EACH_TOUCHED(l, chain, k, loan)
    ledger_compare(l, loan, at, bytes);
    ledger_unlock(l);
}

void fake_ledger_wrote(struct fake_ledger *l, const struct fake_chain *chain,
                       const uint8_t *mem, uint64_t bytes)
{
    const uint8_t *at = ledger_mirror(l, mem);
    struct ledger_loan *loan;

    ledger_lock(l);
    EACH_TOUCHED(l, chain, k, loan)
    {
        size_t cut = bytes;
        const uint8_t *from = ledger_cut(loan, at, &cut);

        memcpy(shadow_of(l, from), now_at(l, from), cut);
    }
    ledger_unlock(l);
}

void fake_ledger_overwritten(struct fake_ledger *l, const uint8_t *mem,
                             size_t bytes)
{
    ledger_lock(l);
    memcpy(shadow_of(l, ledger_mirror(l, mem)), mem, bytes);
    ledger_unlock(l);
}

/* ---- what an instrumented driver tells --------------------------------- */

static void tell_access(struct fake_ledger *l, const uint8_t *at, size_t bytes,
                        bool write)
{
    struct ledger_loan *loan = ledger_find(l, at, bytes, write);
    const uint8_t *from;

    if (!loan || loan->told)
        return;
    from = ledger_cut(loan, at, &bytes);
    fake_emit(l->log, FAKE_EV_TRESPASS, loan->queue,
              loan->dma + (uint64_t)(from - loan->at), bytes,
              !write           ? FAKE_TRESPASS_READ_WRITABLE
              : loan->writable ? FAKE_TRESPASS_WROTE_WRITABLE
                               : FAKE_TRESPASS_WROTE_READABLE,
              loan->lent);
    loan->told = true;
}

void fake_ledger_access(struct fake_ledger *l, const void *cpu, size_t bytes,
                        bool write)
{
    const uint8_t *at = cpu;
    size_t offset = (uintptr_t)at - (uintptr_t)l->arena->base;

    while (bytes && offset < l->arena->bytes) {
        size_t page = offset / l->page_bytes;
        size_t n = l->page_bytes - offset % l->page_bytes;

        n = n < bytes ? n : bytes;
        if (atomic_load_explicit(&l->busy[page / 64], memory_order_relaxed) >>
                page % 64 &
            1) {
            ledger_lock(l);
            tell_access(l, at, n, write);
            ledger_unlock(l);
        }
        at += n;
        offset += n;
        bytes -= n;
    }
}
