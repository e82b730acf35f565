/* SPDX-License-Identifier: MIT
 *
 * test_judge.c: the judge, clause by clause. Each law (judge_laws_*.c) is one
 * test: its sequence must be found guilty of its clause and of nothing else,
 * its near miss of nothing, though the clause applied.
 */
#include "judged.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct part {
    const struct law *laws;
    const size_t *count;
};

static const struct part parts[] = {
    {laws_init, &laws_init_count},
    {laws_mmio, &laws_mmio_count},
    {laws_config, &laws_config_count},
    {laws_ring, &laws_ring_count},
    {laws_notify, &laws_notify_count},
    {laws_memory, &laws_memory_count},
    {laws_blk, &laws_blk_count},
    {laws_snd, &laws_snd_count},
    {laws_snd_xfer, &laws_snd_xfer_count},
    {laws_snd_ring, &laws_snd_ring_count},
    {laws_packed, &laws_packed_count},
    {laws_queue, &laws_queue_count},
    {laws_fault, &laws_fault_count},
};

static void begin(struct judged *j)
{
    memset(j, 0, sizeof(*j));
    j->about = (struct fake_judge_about){
        .device_id = VIRTIO_ID_BLOCK,
        .offered = F(VIRTIO_F_VERSION_1) | F(VIRTIO_F_INDIRECT_DESC) |
                   F(VIRTIO_F_EVENT_IDX) | F(VIRTIO_BLK_F_FLUSH) |
                   F(VIRTIO_BLK_F_SEG_MAX),
        .queue_size_max = 64,
        .config_bytes = sizeof(struct virtio_blk_config),
        .sectors = 2048,
        .max_discard_seg = 4,
        .max_write_zeroes_seg = 3,
        .max_secure_erase_seg = 2,
        .seg_max = 126,
    };
}

static void end(struct judged *j)
{
    fake_judge_free(j->judge);
}

/* "id, id" of all violations. */
static const char *found(const struct judged *j, char *text, size_t room)
{
    const struct fake_violation *list;
    size_t n = fake_judge_violations(j->judge, &list);
    size_t at = 0;

    text[0] = '\0';
    for (size_t k = 0; k < n && at < room; k++)
        at += (size_t)snprintf(text + at, room - at, "%s%s (%s; %s)",
                               k ? ", " : "", list[k].clause, list[k].expected,
                               list[k].seen);
    return text;
}

/* Exactly the law's clause, and those that come with it. */
static bool is_exact(const struct law *law, const struct judged *j)
{
    const struct fake_violation *list;
    size_t n = fake_judge_violations(j->judge, &list);
    size_t want = law->also[1] ? 3 : law->also[0] ? 2 : 1;
    size_t have = 0;

    for (size_t k = 0; k < n; k++) {
        have += strcmp(list[k].clause, law->clause) == 0;
        for (size_t a = 0; a < 2 && law->also[a]; a++)
            have += strcmp(list[k].clause, law->also[a]) == 0;
    }
    return n == want && have == want;
}

static void test_law(void **state)
{
    const struct law *law = *state;
    const struct fake_violation *list;
    char text[2048];
    struct judged j;
    size_t n;

    begin(&j);
    law->breaks(&j);
    if (!is_exact(law, &j))
        fail_msg("breaks %s, found: [%s]", law->clause,
                 found(&j, text, sizeof(text)));
    n = fake_judge_violations(j.judge, &list);
    for (size_t k = 0; k < n; k++) {
        assert_true(list[k].times >= 1);
        assert_true(list[k].expected[0] && list[k].seen[0]);
        assert_true(list[k].event < j.number);
        assert_int_equal(list[k].t_ns, 10 * list[k].event);
    }
    end(&j);

    begin(&j);
    law->keeps(&j);
    if (fake_judge_violations(j.judge, &list))
        fail_msg("keeps %s, found: [%s]", law->clause,
                 found(&j, text, sizeof(text)));
    if (!fake_judge_applied(j.judge, law->clause))
        fail_msg("%s did not apply to its near miss", law->clause);
    end(&j);
}

static void test_every_clause_of_the_table_has_a_law(void **state)
{
    const char *id;

    (void)state;
    for (size_t k = 0; (id = fake_judge_clause(k)); k++) {
        bool has = false;

        for (size_t p = 0; p < COUNT_OF(parts); p++)
            for (size_t l = 0; l < *parts[p].count; l++)
                has |= strcmp(parts[p].laws[l].clause, id) == 0;
        if (!has)
            fail_msg("no law for %s", id);
    }
}

static void test_every_clause_is_in_the_catalogue_as_a_driver_rule(void **state)
{
    FILE *in = fopen(CLAUSES_CSV, "r");
    char *line = NULL, *text;
    size_t room = 0, at = 0;
    const char *id;

    (void)state;
    assert_non_null(in);
    text = calloc(1, 1u << 20);
    assert_non_null(text);
    while (getline(&line, &room, in) > 0)
        at += (size_t)snprintf(text + at, (1u << 20) - at, "\n%s", line);
    for (size_t k = 0; (id = fake_judge_clause(k)); k++) {
        char start[64];

        snprintf(start, sizeof(start), "\n%s,", id);
        if (!strstr(text, start))
            fail_msg("%s is not in the catalogue", id);
        assert_true(strncmp(id, "drv-", 4) == 0 ||
                    strncmp(id, "prose-", 6) == 0);
    }
    free(text);
    free(line);
    fclose(in);
}

static void test_no_clause_is_in_the_table_twice(void **state)
{
    const char *a, *b;

    (void)state;
    for (size_t k = 0; (a = fake_judge_clause(k)); k++)
        for (size_t l = k + 1; (b = fake_judge_clause(l)); l++)
            assert_string_not_equal(a, b);
}

static void conform(struct judged *j)
{
    bring_up(j);
    for (unsigned k = 0; k < 20; k++) {
        request(j, VIRTIO_BLK_T_IN, k, 0, 512);
        request(j, VIRTIO_BLK_T_OUT, k, 1024, 0);
        request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
        request(j, VIRTIO_BLK_T_GET_ID, 0, 0, 20);
    }
    take_down(j);
}

static void test_conforming_driver_is_guilty_of_nothing(void **state)
{
    const struct fake_violation *list;
    char text[2048];
    struct judged j;

    (void)state;
    begin(&j);
    conform(&j);
    conform(&j); /* and once more on the same device */
    if (fake_judge_violations(j.judge, &list))
        fail_msg("found: [%s]", found(&j, text, sizeof(text)));
    end(&j);

    begin(&j);
    j.leave = F(VIRTIO_F_EVENT_IDX) | F(VIRTIO_F_INDIRECT_DESC) |
              F(VIRTIO_BLK_F_SEG_MAX);
    conform(&j);
    if (fake_judge_violations(j.judge, &list))
        fail_msg("without features, found: [%s]",
                 found(&j, text, sizeof(text)));
    end(&j);
}

/* Two threads: the device takes a last buffer while the reset that the driver
 * has written is on its way to it. */
static void test_features_hold_until_the_device_was_reset(void **state)
{
    const struct fake_violation *list;
    char text[2048];
    struct judged j;

    (void)state;
    begin(&j);
    bring_up(&j);
    submit(&j, OP_READ);
    publish(&j);
    kick(&j);
    wr(&j, VIRTIO_MMIO_STATUS, 0);
    see(&j, FAKE_EV_AVAIL, 0, 0, 1, 0, 0);
    desc(&j, 0, AT(13), 32, INDIRECT, 0);
    desc_in_table(&j, 0, AT(10), 16, NEXT, 1);
    desc_in_table(&j, 1, AT(12), 1, WRITE, 0);
    see(&j, FAKE_EV_CHAIN, 0, 0, 2, 16, 1);
    see(&j, FAKE_EV_QUEUE_DOWN, 0, 0, 0, 0, 0);
    see(&j, FAKE_EV_RESET, FAKE_NO_QUEUE, 0, 0, 0, 0);
    rd(&j, VIRTIO_MMIO_STATUS, 0);
    see(&j, FAKE_EV_UNSHARE, FAKE_NO_QUEUE, AT(10), 16, 0, 1);
    j.status = 0;
    /* The next life is one without tables. */
    j.leave = F(VIRTIO_F_INDIRECT_DESC);
    steps(&j, ACKNOWLEDGE, DRIVER_OK);
    if (fake_judge_violations(j.judge, &list))
        fail_msg("found: [%s]", found(&j, text, sizeof(text)));
    desc(&j, 0, AT(13), 32, INDIRECT, 0);
    assert_int_equal(fake_judge_violations(j.judge, &list), 1);
    assert_string_equal(list[0].clause, "drv-2.7.5.3.1-1");
    end(&j);
}

static void test_repeated_violation_is_one_entry_with_a_count(void **state)
{
    const struct fake_violation *list;
    struct judged j;

    (void)state;
    begin(&j);
    bring_up(&j);
    for (unsigned k = 0; k < 5; k++)
        request(&j, VIRTIO_BLK_T_IN, 2048 + k, 0, 512);
    assert_int_equal(fake_judge_violations(j.judge, &list), 1);
    assert_int_equal(list[0].times, 5);
    assert_string_equal(list[0].seen, "sector 2048, 1 sectors, capacity 2048");
    assert_int_equal(fake_judge_applied(j.judge, "drv-5.2.6.1-1"), 5);
    assert_int_equal(fake_judge_applied(j.judge, "drv-no-such"), 0);
    end(&j);
}

/* Both places: where it was lent, and where it was found. */
static void test_trespass_names_both_events(void **state)
{
    const struct fake_violation *list;
    char lent[32];
    struct judged j;

    (void)state;
    begin(&j);
    j.about.ledger = true;
    bring_up(&j);
    submit(&j, OP_READ);
    publish(&j);
    kick(&j);
    desc(&j, 3, AT(10), 512, WRITE, 0);
    snprintf(lent, sizeof(lent), "lent at event %u,", (unsigned)j.number);
    see(&j, FAKE_EV_CHAIN, 0, 3, 1, 0, 512);
    see(&j, FAKE_EV_CHAIN_CHANGED, 0, 3, 3, 0, 0);
    see(&j, FAKE_EV_TRESPASS, 0, AT(10), 4, FAKE_TRESPASS_READ_WRITABLE,
        j.number - 2);
    assert_int_equal(fake_judge_violations(j.judge, &list), 2);
    for (unsigned k = 0; k < 2; k++) {
        assert_non_null(strstr(list[k].seen, lent));
        assert_int_equal(list[k].event, j.number - 2 + k);
        assert_int_equal(list[k].contract, k);
    }
    end(&j);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_every_clause_of_the_table_has_a_law),
        cmocka_unit_test(
            test_every_clause_is_in_the_catalogue_as_a_driver_rule),
        cmocka_unit_test(test_no_clause_is_in_the_table_twice),
        cmocka_unit_test(test_conforming_driver_is_guilty_of_nothing),
        cmocka_unit_test(test_features_hold_until_the_device_was_reset),
        cmocka_unit_test(test_repeated_violation_is_one_entry_with_a_count),
        cmocka_unit_test(test_trespass_names_both_events),
    };
    static struct CMUnitTest of_laws[512];
    size_t n = 0;
    int failed;

    for (size_t p = 0; p < COUNT_OF(parts); p++)
        for (size_t k = 0; k < *parts[p].count && n < COUNT_OF(of_laws); k++)
            of_laws[n++] = (struct CMUnitTest){
                .name = parts[p].laws[k].name,
                .test_func = test_law,
                .initial_state = (void *)(uintptr_t)&parts[p].laws[k]};
    failed = cmocka_run_group_tests(others, NULL, NULL);
    /* The macro counts an array; these are as many as there are laws. */
    return failed + _cmocka_run_group_tests("laws", of_laws, n, NULL, NULL);
}
