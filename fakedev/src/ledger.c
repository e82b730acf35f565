/* SPDX-License-Identifier: MIT
 *
 * ledger.c: the books: what is lent, by which event, and what came back.
 */
#include "ledger_private.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring_mem.h"

#define ROOM_FIRST 64u

/* ---- life ------------------------------------------------------------- */

static void *map_shadow(size_t bytes)
{
    void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return mem == MAP_FAILED ? NULL : mem;
}

static int make_books(struct fake_ledger *l)
{
    l->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    l->page_count = l->arena->bytes / l->page_bytes;
    l->page = calloc(l->page_count, sizeof(*l->page));
    l->busy = calloc(l->page_count / 64 + 1, sizeof(*l->busy));
    l->shadow = map_shadow(l->arena->bytes);
    l->loan_free = l->node_free = l->returning = LEDGER_NONE;
    atomic_flag_clear(&l->lock);
    return l->page && l->busy && l->shadow ? 0 : -1;
}

struct fake_ledger *fake_ledger_new(struct fake_arena *arena,
                                    struct fake_log *log, bool guarded)
{
    struct fake_ledger *l = calloc(1, sizeof(*l));

    if (!l)
        return NULL;
    l->arena = arena;
    l->log = log;
    if (make_books(l) || (guarded && ledger_guard_start(l))) {
        fake_ledger_free(l);
        return NULL;
    }
    return l;
}

void fake_ledger_free(struct fake_ledger *l)
{
    if (!l)
        return;
    ledger_guard_stop(l);
    if (l->shadow)
        (void)munmap(l->shadow, l->arena->bytes);
    free(l->busy);
    free(l->page);
    free(l->loan);
    free(l->node);
    free(l);
}

uint64_t fake_ledger_astray(const struct fake_ledger *l)
{
    return atomic_load_explicit(&l->astray, memory_order_relaxed);
}

/* ---- entries of the books ---------------------------------------------- */

/* Those that are free are linked by `next`. Without memory what would be
 * entered is not watched. */
static uint32_t loan_new(struct fake_ledger *l)
{
    uint32_t k = l->loan_free,
             room = l->loan_room ? 2 * l->loan_room : ROOM_FIRST;
    struct ledger_loan *more;

    if (k == LEDGER_NONE) {
        more = realloc(l->loan, room * sizeof(*more));
        if (!more)
            return LEDGER_NONE;
        l->loan = more;
        for (uint32_t i = room; i-- > l->loan_room; l->loan_free = i)
            l->loan[i] = (struct ledger_loan){.next = l->loan_free};
        l->loan_room = room;
        k = l->loan_free;
    }
    l->loan_free = l->loan[k].next;
    return k;
}

static void loan_drop(struct fake_ledger *l, uint32_t k)
{
    l->loan[k] = (struct ledger_loan){.next = l->loan_free};
    l->loan_free = k;
}

static uint32_t node_new(struct fake_ledger *l)
{
    uint32_t k = l->node_free,
             room = l->node_room ? 2 * l->node_room : ROOM_FIRST;
    struct ledger_node *more;

    if (k == LEDGER_NONE) {
        more = realloc(l->node, room * sizeof(*more));
        if (!more)
            return LEDGER_NONE;
        l->node = more;
        for (uint32_t i = room; i-- > l->node_room; l->node_free = i)
            l->node[i].next = l->node_free;
        l->node_room = room;
        k = l->node_free;
    }
    l->node_free = l->node[k].next;
    return k;
}

/* ---- pages ------------------------------------------------------------ */

static void mark_busy(struct fake_ledger *l, size_t page)
{
    uint64_t bit = UINT64_C(1) << page % 64;

    if (l->page[page].readable || l->page[page].writable)
        atomic_fetch_or_explicit(&l->busy[page / 64], bit,
                                 memory_order_relaxed);
    else
        atomic_fetch_and_explicit(&l->busy[page / 64], ~bit,
                                  memory_order_relaxed);
}

static void page_add(struct fake_ledger *l, size_t page, uint32_t loan)
{
    struct ledger_page *p = &l->page[page];
    uint32_t node = node_new(l);

    if (node == LEDGER_NONE)
        return;
    l->node[node].loan = loan;
    l->node[node].next = p->first - 1;
    p->first = node + 1;
    if (l->loan[loan].writable)
        p->writable++;
    else
        p->readable++;
    p->seen = false;
    mark_busy(l, page);
}

static void page_remove(struct fake_ledger *l, size_t page, uint32_t loan)
{
    struct ledger_page *p = &l->page[page];
    uint32_t before = LEDGER_NONE, node = p->first - 1;

    while (node != LEDGER_NONE && l->node[node].loan != loan) {
        before = node;
        node = l->node[node].next;
    }
    if (node == LEDGER_NONE)
        return;
    if (before == LEDGER_NONE)
        p->first = l->node[node].next + 1;
    else
        l->node[before].next = l->node[node].next;
    l->node[node].next = l->node_free;
    l->node_free = node;
    if (l->loan[loan].writable)
        p->writable--;
    else
        p->readable--;
    mark_busy(l, page);
}

static size_t last_page(const struct fake_ledger *l,
                        const struct ledger_loan *loan)
{
    return ledger_page_of(l, loan->at + loan->bytes - 1);
}

/* From here on it is the driver's. */
static void close_loan(struct fake_ledger *l, uint32_t k, uint64_t given)
{
    struct ledger_loan *loan = &l->loan[k];
    size_t first = ledger_page_of(l, loan->at), last = last_page(l, loan);

    if (!loan->open)
        return;
    loan->open = false;
    for (size_t page = first; page <= last; page++) {
        if (given)
            l->page[page].given = given;
        page_remove(l, page, k);
    }
    ledger_guard_pages(l, first, last);
}

const uint8_t *ledger_cut(const struct ledger_loan *loan, const uint8_t *at,
                          size_t *bytes)
{
    const uint8_t *end = at + *bytes;

    if (at < loan->at)
        at = loan->at;
    if (end > loan->at + loan->bytes)
        end = loan->at + loan->bytes;
    *bytes = end > at ? (size_t)(end - at) : 0;
    return at;
}

struct ledger_loan *ledger_find(struct fake_ledger *l, const uint8_t *at,
                                size_t bytes, bool write)
{
    uint32_t node = l->page[ledger_page_of(l, at)].first - 1;

    for (; node != LEDGER_NONE; node = l->node[node].next) {
        struct ledger_loan *loan = &l->loan[l->node[node].loan];
        size_t cut = bytes;

        (void)ledger_cut(loan, at, &cut);
        if (cut && (write || loan->writable))
            return loan;
    }
    return NULL;
}

/* ---- lent -------------------------------------------------------------- */

/* Before a new copy is taken: the one of a loan that has the same memory tells
 * for the last time whether that was left alone. */
static void compare_others(struct fake_ledger *l, const uint8_t *at,
                           uint64_t bytes)
{
    const uint8_t *end = at + bytes;
    size_t page = ledger_page_of(l, at);

    for (; page <= ledger_page_of(l, end - 1); page++)
        for (uint32_t node = l->page[page].first - 1; node != LEDGER_NONE;
             node = l->node[node].next)
            ledger_compare(l, &l->loan[l->node[node].loan], at, bytes);
}

static uint32_t lend_one(struct fake_ledger *l, const struct fake_chain *chain,
                         const struct fake_fetched *d, uint64_t number)
{
    bool copied = false;
    uint8_t *at = fake_arena_behind(l->arena, d->addr, d->len, &copied);
    uint32_t k = at ? loan_new(l) : LEDGER_NONE;
    size_t first, last;

    if (k == LEDGER_NONE)
        return k;
    compare_others(l, at, d->len);
    l->loan[k] = (struct ledger_loan){
        .at = at,
        .bytes = d->len,
        .dma = d->addr,
        .lent = number,
        .queue = chain->ring->cfg.index,
        .kept = true,
        .open = true,
        .writable = d->flags & VIRTQ_DESC_F_WRITE,
        .copied = copied,
    };
    memcpy(l->shadow + ledger_offset(l, at),
           l->arena->device + ledger_offset(l, at), d->len);
    first = ledger_page_of(l, at);
    last = last_page(l, &l->loan[k]);
    for (size_t page = first; page <= last; page++)
        page_add(l, page, k);
    ledger_guard_pages(l, first, last);
    return k;
}

void fake_ledger_lend(struct fake_ledger *l, struct fake_chain *chain,
                      uint64_t number)
{
    uint32_t first = LEDGER_NONE;

    ledger_lock(l);
    for (uint32_t i = 0; i < chain->fetched_count; i++) {
        const struct fake_fetched *d = &chain->fetched[i];
        uint32_t k;

        if (!d->len || d->flags & VIRTQ_DESC_F_INDIRECT)
            continue;
        k = lend_one(l, chain, d, number);
        if (k == LEDGER_NONE)
            continue;
        l->loan[k].next = first;
        first = k;
    }
    chain->loan = first + 1; /* LEDGER_NONE + 1 is 0 */
    ledger_unlock(l);
}

/* ---- given back -------------------------------------------------------- */

void fake_ledger_return(struct fake_ledger *l, struct fake_chain *chain)
{
    uint32_t k = chain->loan - 1, last = k;

    chain->loan = 0;
    if (k == LEDGER_NONE)
        return;
    ledger_lock(l);
    for (uint32_t i = k; i != LEDGER_NONE; i = l->loan[i].next) {
        if (l->loan[i].open)
            ledger_compare(l, &l->loan[i], l->loan[i].at, l->loan[i].bytes);
        last = i;
    }
    l->loan[last].next = l->returning;
    l->returning = k;
    ledger_unlock(l);
}

void fake_ledger_used(struct fake_ledger *l, uint64_t number)
{
    ledger_lock(l);
    while (l->returning != LEDGER_NONE) {
        uint32_t k = l->returning;

        l->returning = l->loan[k].next;
        close_loan(l, k, number);
        loan_drop(l, k);
    }
    ledger_unlock(l);
}

void fake_ledger_forget(struct fake_ledger *l, uint16_t queue)
{
    ledger_lock(l);
    for (uint32_t k = 0; k < l->loan_room; k++)
        if (l->loan[k].kept && l->loan[k].queue == queue) {
            close_loan(l, k, 0);
            loan_drop(l, k);
        }
    ledger_unlock(l);
}

void fake_ledger_let_go(struct fake_ledger *l, const void *cpu, size_t bytes)
{
    const uint8_t *at = cpu;
    size_t offset = (uintptr_t)at - (uintptr_t)l->arena->base;

    ledger_lock(l);
    while (bytes && offset < l->arena->bytes) {
        size_t n = l->page_bytes - offset % l->page_bytes;
        struct ledger_loan *loan;

        n = n < bytes ? n : bytes;
        while ((loan = ledger_find(l, at, n, true)))
            close_loan(l, (uint32_t)(loan - l->loan), 0);
        at += n;
        offset += n;
        bytes -= n;
    }
    ledger_unlock(l);
}
