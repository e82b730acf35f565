/* SPDX-License-Identifier: MIT */
#include "select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

/* One argument, taken apart. */
struct pick {
    const char *arg;
    char *pattern;
    struct rig_combo combo;
    bool matched;  /* some vector */
    bool chosen;   /* some case */
    bool several;  /* matched more than one vector */
    char why[256]; /* the last one that matched was not chosen */
};

struct selection {
    struct rig_cases *out;
    const char *command;
    const struct rig_setup *setup;
    enum rig_matrix matrix;
    struct pick *pick;
    size_t pick_count;
};

static int out_of_memory(const struct selection *s)
{
    rig_complain(s->command, "out of memory");
    return RIG_EXIT_BENCH;
}

/* --- arguments ----------------------------------------------------- */

/* What an option says and what an argument says must not differ. */
static int check_option(const struct selection *s, const struct pick *p,
                        enum rig_dim dim, bool given, int value)
{
    char word[16];

    if (!given || p->combo.value[dim] == RIG_UNNAMED ||
        p->combo.value[dim] == value)
        return 0;
    rig_value_text(dim, (uint16_t)value, word, sizeof(word));
    return rig_complain(s->command, "'%s' contradicts --%s %s", p->arg,
                        rig_dim_name(dim), word);
}

static int parse_pick(const struct selection *s, struct pick *p,
                      const char *arg)
{
    const char *at = strchr(arg, '@');
    char err[256];

    p->arg = arg;
    p->pattern = at ? strndup(arg, (size_t)(at - arg)) : strdup(arg);
    if (!p->pattern)
        return out_of_memory(s);
    if (at && rig_combo_parse(&p->combo, at + 1, err, sizeof(err)))
        return rig_complain(s->command, "'%s': %s", arg, err);
    if (check_option(s, p, RIG_DIM_MEMORY, s->setup->memory_given,
                     s->setup->memory + 1) ||
        check_option(s, p, RIG_DIM_SCHED, s->setup->sched_given,
                     s->setup->sched + 1))
        return RIG_EXIT_USAGE;
    return 0;
}

static int check_pick(const struct selection *s, const struct pick *p)
{
    if (!p->matched)
        return rig_complain(s->command, "no case matches '%s'", p->pattern);
    if (p->chosen)
        return 0;
    if (p->several)
        return rig_complain(
            s->command, "'%s': not possible for any case that matches", p->arg);
    return rig_complain(s->command, "'%s': %s", p->arg, p->why);
}

/* --- cases --------------------------------------------------------- */

static int append(struct rig_cases *out, const struct rig_vector *vector,
                  const struct rig_combo *combo)
{
    if (out->count % 64 == 0) {
        size_t bytes = (out->count + 64) * sizeof(*out->list);
        struct rig_case *more = realloc(out->list, bytes);

        if (!more)
            return -1;
        out->list = more;
    }
    out->list[out->count].vector = vector;
    out->list[out->count++].combo = *combo;
    return 0;
}

/* Among the cases of the same vector, which are the last ones. */
static bool is_there(const struct rig_cases *out,
                     const struct rig_vector *vector,
                     const struct rig_combo *combo)
{
    for (size_t k = out->count; k-- > 0 && out->list[k].vector == vector;)
        if (rig_combo_same(&out->list[k].combo, combo))
            return true;
    return false;
}

static int append_new(struct rig_cases *out, const struct rig_vector *vector,
                      const struct rig_combos *combos)
{
    for (size_t k = 0; k < combos->count; k++)
        if (!is_there(out, vector, &combos->list[k]) &&
            append(out, vector, &combos->list[k]))
            return -1;
    return 0;
}

static int multiply(const struct selection *s, const struct rig_vector *vector,
                    struct pick *p)
{
    struct rig_choices choices;
    struct rig_combos combos;
    int rc;

    rig_choices_of(&choices, vector, s->setup->subject == RIG_SUBJECT_LIAR);
    if (!rig_choices_allow(&choices, &p->combo, p->why, sizeof(p->why)))
        return 0;
    if (s->setup->memory_given)
        choices.count[RIG_DIM_MEMORY] = 0;
    if (s->setup->sched_given)
        choices.count[RIG_DIM_SCHED] = 0;
    if (rig_matrix_make(&combos, &choices, &p->combo, s->matrix))
        return -1;
    p->chosen |= combos.count > 0;
    snprintf(p->why, sizeof(p->why), "leaves no combination");
    rc = append_new(s->out, vector, &combos);
    rig_combos_free(&combos);
    return rc;
}

static int take_vector(const struct selection *s,
                       const struct rig_vector *vector)
{
    size_t before = s->out->count;

    for (size_t k = 0; k < s->pick_count; k++) {
        struct pick *p = &s->pick[k];

        if (!rig_vector_matches(vector->id, &p->pattern, 1))
            continue;
        p->several = p->matched;
        p->matched = true;
        if (multiply(s, vector, p))
            return -1;
    }
    s->out->vectors += s->out->count > before;
    return 0;
}

static int take_all(const struct selection *s, const struct rig_vectors *v)
{
    for (size_t k = 0; k < v->count; k++)
        if (take_vector(s, &v->list[k]))
            return out_of_memory(s);
    for (size_t k = 0; k < s->pick_count; k++)
        if (check_pick(s, &s->pick[k]))
            return RIG_EXIT_USAGE;
    return 0;
}

static void free_picks(struct selection *s)
{
    for (size_t k = 0; k < s->pick_count; k++)
        free(s->pick[k].pattern);
    free(s->pick);
}

int rig_cases_select(struct rig_cases *out, const char *command,
                     const struct rig_data *data, const struct rig_setup *setup,
                     enum rig_matrix matrix, char *const *args, size_t count)
{
    static char everything[] = "*";
    static char *const all[] = {everything};
    struct selection s = {.out = out,
                          .command = command,
                          .setup = setup,
                          .matrix = matrix,
                          .pick_count = count ? count : 1};
    int rc = 0;

    memset(out, 0, sizeof(*out));
    s.pick = calloc(s.pick_count, sizeof(*s.pick));
    if (!s.pick)
        return out_of_memory(&s);
    for (size_t k = 0; k < s.pick_count && rc == 0; k++)
        rc = parse_pick(&s, &s.pick[k], count ? args[k] : all[0]);
    if (rc == 0)
        rc = take_all(&s, &data->vectors);
    free_picks(&s);
    if (rc)
        rig_cases_free(out);
    return rc;
}

void rig_cases_free(struct rig_cases *cases)
{
    free(cases->list);
    memset(cases, 0, sizeof(*cases));
}
