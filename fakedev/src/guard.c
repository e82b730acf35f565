/* SPDX-License-Identifier: MIT
 *
 * guard.c: pages that can be touched only by the side whose turn it is.
 *
 * Driver and device have a mapping each of the same memory. Of pages with a
 * buffer that is lent, the driver's cannot be read, or only not be written, if
 * all there is is device-readable; of pages with buffers the device's can be
 * written only while a device-writable one is lent. Pages that hold more than
 * one buffer, or other things of the driver's beside one, have the rights that
 * are good for all of what is lent: a touch of the rest opens the page and is
 * no trespass.
 *
 * A touch of what is not one's own raises SIGSEGV on the thread that did it.
 * The handler writes its event, opens the page and lets the access happen: the
 * run goes on, and the verdict does not depend on what the memory held. Until
 * the next loan on that page it is open, and what changes is found by
 * comparing.
 *
 * The handler does nothing but take the ledger's spin lock, which no thread
 * holds while it touches the memory of a driver by the driver's mapping, store
 * to memory of the log and the ledger, and call mprotect.
 */
#include "ledger_private.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

/* A signal has no context but the process. */
static _Atomic(struct fake_ledger *) watched;
static struct sigaction before;

static int protection(uint8_t right)
{
    return right == LEDGER_WRITE  ? PROT_READ | PROT_WRITE
           : right == LEDGER_READ ? PROT_READ
                                  : PROT_NONE;
}

static uint8_t *right_of(struct ledger_page *p, enum ledger_side side)
{
    return side == LEDGER_DRIVER ? &p->right : &p->device_right;
}

static uint8_t *page_at(struct fake_ledger *l, enum ledger_side side,
                        size_t page)
{
    return (side == LEDGER_DRIVER ? l->arena->base : l->arena->device) +
           page * l->page_bytes;
}

/* What a side may do with a page, by what is lent of it. */
static uint8_t wanted(const struct ledger_page *p, enum ledger_side side)
{
    if (!p->guarded)
        return LEDGER_WRITE;
    if (side == LEDGER_DEVICE)
        return p->writable ? LEDGER_WRITE : LEDGER_READ;
    return p->seen || !(p->readable || p->writable) ? LEDGER_WRITE
           : p->writable                            ? LEDGER_NOTHING
                                                    : LEDGER_READ;
}

/* Pages first to last, which all want the same. What cannot be had stays as it
 * is: then there is one guard less. */
static void set_rights(struct fake_ledger *l, enum ledger_side side,
                       size_t first, size_t last)
{
    uint8_t right = wanted(&l->page[first], side);

    if (mprotect(page_at(l, side, first), (last - first + 1) * l->page_bytes,
                 protection(right)) != 0)
        return;
    for (; first <= last; first++)
        *right_of(&l->page[first], side) = right;
}

/* In as few calls as can be. */
static void set_side(struct fake_ledger *l, enum ledger_side side, size_t page,
                     size_t last)
{
    size_t end;

    for (; page <= last; page = end + 1) {
        uint8_t right = wanted(&l->page[page], side);

        end = page;
        if (*right_of(&l->page[page], side) == right)
            continue;
        while (end < last && wanted(&l->page[end + 1], side) == right &&
               *right_of(&l->page[end + 1], side) != right)
            end++;
        set_rights(l, side, page, end);
    }
}

void ledger_guard_pages(struct fake_ledger *l, size_t first, size_t last)
{
    if (!l->guarded)
        return;
    set_side(l, LEDGER_DRIVER, first, last);
    set_side(l, LEDGER_DEVICE, first, last);
}

void fake_ledger_block(struct fake_ledger *l, const void *cpu, size_t bytes,
                       bool buffer)
{
    size_t first, last;

    if (!l->guarded)
        return;
    ledger_lock(l);
    first = ledger_page_of(l, cpu);
    last = first + (bytes - 1) / l->page_bytes;
    for (size_t page = first; page <= last; page++) {
        l->page[page].guarded = buffer;
        l->page[page].seen = false;
        l->page[page].given = 0;
    }
    ledger_guard_pages(l, first, last);
    ledger_unlock(l);
}

bool fake_ledger_device_may_write(struct fake_ledger *l, const uint8_t *mem,
                                  size_t bytes)
{
    const uint8_t *at = ledger_mirror(l, mem);
    size_t page = ledger_page_of(l, at);
    size_t last = ledger_page_of(l, at + bytes - 1);
    bool may = true;

    ledger_lock(l);
    for (; page <= last; page++)
        may &= l->page[page].device_right == LEDGER_WRITE;
    ledger_unlock(l);
    return may;
}

/* ---- the touch ---------------------------------------------------------- */

static enum fake_trespass deed(const struct ledger_loan *loan, bool write)
{
    if (!write)
        return FAKE_TRESPASS_READ_WRITABLE;
    return loan->writable ? FAKE_TRESPASS_WROTE_WRITABLE
                          : FAKE_TRESPASS_WROTE_READABLE;
}

/* Returns false if the page cannot be opened. */
static bool touched_by_driver(struct fake_ledger *l, size_t offset, bool write)
{
    const uint8_t *at = l->arena->base + offset;
    size_t page = offset / l->page_bytes;
    struct ledger_page *p = &l->page[page];
    struct ledger_loan *loan = ledger_find(l, at, 1, write);

    /* It has come back in the meantime. */
    if (p->right == LEDGER_WRITE || (p->right == LEDGER_READ && !write))
        return true;
    if (loan && !loan->told)
        loan->told = fake_log_try(l->log, FAKE_EV_TRESPASS, loan->queue,
                                  loan->dma + (uint64_t)(at - loan->at), 1,
                                  deed(loan, write), loan->lent);
    p->seen = true;
    set_side(l, LEDGER_DRIVER, page, page);
    return p->right == LEDGER_WRITE;
}

/* Device addresses of memory that is not lent are unknown here: the offset in
 * the arena stands for them. */
static bool touched_by_device(struct fake_ledger *l, size_t offset)
{
    size_t page = offset / l->page_bytes;
    struct ledger_page *p = &l->page[page];
    struct ledger_loan *loan = ledger_find(l, l->arena->base + offset, 1, true);

    if (p->device_right == LEDGER_WRITE)
        return true;
    atomic_fetch_add_explicit(&l->astray, 1, memory_order_relaxed);
    (void)fake_log_try(
        l->log, FAKE_EV_TRESPASS, loan ? loan->queue : FAKE_NO_QUEUE,
        loan ? loan->dma + (uint64_t)(l->arena->base + offset - loan->at)
             : offset,
        1,
        loan ? FAKE_TRESPASS_DEVICE_WROTE_READABLE
             : FAKE_TRESPASS_DEVICE_WROTE_GIVEN,
        loan ? loan->lent : p->given);
    p->guarded = false; /* until it is handed out again */
    ledger_guard_pages(l, page, page);
    return p->device_right == LEDGER_WRITE;
}

static bool touched(struct fake_ledger *l, const void *addr, bool write)
{
    size_t driver = (uintptr_t)addr - (uintptr_t)l->arena->base;
    size_t device = (uintptr_t)addr - (uintptr_t)l->arena->device;
    bool done = false;

    ledger_lock(l);
    if (driver < l->arena->bytes)
        done = touched_by_driver(l, driver, write);
    else if (device < l->arena->bytes)
        done = touched_by_device(l, device);
    ledger_unlock(l);
    return done;
}

/* Where the processor does not say, what cannot be read is taken to be read. */
static bool is_write(const struct fake_ledger *l, const void *addr,
                     const void *context)
{
#if defined(__x86_64__)
    const ucontext_t *u = context;

    (void)l;
    (void)addr;
    return u->uc_mcontext.gregs[REG_ERR] & 2;
#else
    size_t offset = (uintptr_t)addr - (uintptr_t)l->arena->base;

    (void)context;
    return offset >= l->arena->bytes ||
           l->page[offset / l->page_bytes].right == LEDGER_READ;
#endif
}

/* Sent by somebody, and no fault of an access? */
static bool was_sent(const siginfo_t *info)
{
    return info->si_code <= 0;
}

/* As if there were no ledger. Without a handler before, the process ends as
 * soon as this one returns, until when the signal is blocked. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(number, info, context);
    } else if (before.sa_handler == SIG_DFL ||
               (before.sa_handler == SIG_IGN && !was_sent(info))) {
        (void)signal(number, SIG_DFL);
        (void)raise(number);
    } else if (before.sa_handler != SIG_IGN) {
        before.sa_handler(number);
    }
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    /* acquire: pairs with the release in ledger_guard_start(). */
    struct fake_ledger *l =
        atomic_load_explicit(&watched, memory_order_acquire);
    int saved = errno;

    if (!l || !touched(l, info->si_addr, is_write(l, info->si_addr, context)))
        pass_on(number, info, context);
    errno = saved;
}

int ledger_guard_start(struct fake_ledger *l)
{
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct fake_ledger *none = NULL;

    (void)sigemptyset(&action.sa_mask);
    /* release: the books, before a handler looks into them. */
    if (!atomic_compare_exchange_strong_explicit(
            &watched, &none, l, memory_order_release, memory_order_relaxed))
        return -1;
    if (sigaction(SIGSEGV, &action, &before) != 0) {
        atomic_store_explicit(&watched, NULL, memory_order_relaxed);
        return -1;
    }
    l->guarded = true;
    return 0;
}

void ledger_guard_stop(struct fake_ledger *l)
{
    if (!l->guarded)
        return;
    (void)sigaction(SIGSEGV, &before, NULL);
    /* release: the handler is gone before the books are. */
    atomic_store_explicit(&watched, NULL, memory_order_release);
    l->guarded = false;
}
