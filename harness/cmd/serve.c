/* SPDX-License-Identifier: MIT
 *
 * ringtrue serve: the operations of a vector as JSON-RPC 2.0, one object per
 * line on stdin and stdout. Methods are the names of operations, parameters
 * are their members; besides there are
 *
 *   start    {"device": {...}, "seed": N}: a new machine; the old one is gone
 *   verdict  {}: ends the machine; violations and clauses put to the test
 *   events   {"from": N, "count": N}: of the machine that was ended
 *
 * An operation without a start before runs on a plain disk.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "device_rules.h"
#include "dut_ringtrue.h"
#include "dut_so.h"
#include "ops.h"
#include "options.h"
#include "rig.h"
#include "schema.h"
#include "setup.h"

#define ARENA_BYTES ((size_t)256 << 20)
#define LOG_ROOM ((size_t)1 << 18)
#define EVENTS_MAX 100000u

/* JSON-RPC 2.0, section 5.1 */
enum {
    RPC_PARSE = -32700,
    RPC_REQUEST = -32600,
    RPC_METHOD = -32601,
    RPC_PARAMS = -32602,
    RPC_BENCH = -32000,
};

struct server {
    struct rig_setup setup;
    struct rig_data data;
    const struct rig_dut *dut; /* NULL: the raw driver */
    struct rig rig;
    bool started;
    bool ended; /* verdict was asked for: the log may be read */
};

static json_t *rpc_error(int code, const char *text)
{
    return json_pack("{s:{s:i, s:s}}", "error", "code", code, "message", text);
}

static json_t *rpc_result(json_t *result)
{
    return json_pack("{s:o}", "result", result);
}

/* ---- the machine ---- */

static void drop(struct server *s)
{
    if (!s->started)
        return;
    if (!s->ended)
        rig_stop(&s->rig);
    rig_free(&s->rig);
    s->started = s->ended = false;
}

static json_t *start(struct server *s, const json_t *device, uint64_t seed)
{
    struct rig_machine_setup machine = {
        .sched = (enum fake_sched_kind)s->setup.sched,
        .memory = (enum fake_mem_mode)s->setup.memory,
        .seed = seed,
        .faults = s->setup.fault,
        .fault_count = s->setup.fault_count,
        .image = s->setup.image,
        .log = true,
        .ledger = true,
        .log_room = LOG_ROOM,
        .arena_bytes = ARENA_BYTES,
    };
    char err[256];

    drop(s);
    if (rig_start(&s->rig, &machine, device, s->dut, err, sizeof(err))) {
        rig_free(&s->rig);
        return rpc_error(RPC_BENCH, err);
    }
    s->started = true;
    return NULL;
}

/* ---- methods ---- */

static json_t *params_error(const struct rig_schema_error *err)
{
    char text[1536];

    snprintf(text, sizeof(text), "params%s: %s", err->pointer, err->expected);
    return rpc_error(RPC_PARAMS, text);
}

static json_t *device_error(const struct rig_schema_error *err)
{
    char text[1536];

    snprintf(text, sizeof(text), "params/device%s: %s", err->pointer,
             err->expected);
    return rpc_error(RPC_PARAMS, text);
}

static const json_t *definition(const struct server *s, const char *name)
{
    return json_object_get(json_object_get(s->data.vectors.schema, "$defs"),
                           name);
}

/* Parameters of the methods that are no operations. NULL: they are fine. */
static json_t *check_params(const struct server *s, const char *method,
                            const json_t *params)
{
    const json_t *schema = json_object_get(
        json_object_get(definition(s, "server"), "properties"), method);
    struct rig_schema_error err;

    if (!params ||
        !rig_schema_check(s->data.vectors.schema, schema, params, &err))
        return NULL;
    return params_error(&err);
}

static json_t *method_start(struct server *s, const json_t *params)
{
    const json_t *device = json_object_get(params, "device");
    struct rig_schema_error err;
    json_t *error;

    if (rig_device_check(device, &err))
        return device_error(&err);
    error = start(s, device, rig_param(params, "seed", s->setup.seed));
    return error ? error : rpc_result(json_object());
}

static json_t *violations(struct server *s)
{
    const struct fake_violation *list;
    size_t n = fake_judge_violations(s->rig.machine->judge, &list);
    json_t *array = json_array();

    for (size_t k = 0; k < n; k++) {
        const struct rig_clause *c =
            rig_catalogue_find(&s->data.catalogue, list[k].clause);

        json_array_append_new(
            array, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "clause",
                             list[k].clause, "level", c ? c->level : "PROSE",
                             "expected", list[k].expected, "seen", list[k].seen,
                             "event", (json_int_t)list[k].event, "times",
                             (json_int_t)list[k].times));
    }
    return array;
}

static json_t *applied(struct server *s)
{
    json_t *object = json_object();
    const char *id;

    for (size_t k = 0; (id = fake_judge_clause(k)); k++)
        json_object_set_new(object, id,
                            json_integer((json_int_t)fake_judge_applied(
                                s->rig.machine->judge, id)));
    return object;
}

static json_t *method_verdict(struct server *s, const json_t *params)
{
    (void)params;
    if (!s->started)
        return rpc_error(RPC_BENCH, "no machine was started");
    if (!s->ended)
        rig_stop(&s->rig);
    s->ended = true;
    return rpc_result(json_pack("{s:o, s:o, s:I, s:s}", "violations",
                                violations(s), "applied", applied(s), "events",
                                (json_int_t)s->rig.machine->log.count,
                                "complaint", s->rig.complaint));
}

static json_t *method_events(struct server *s, const json_t *params)
{
    const struct fake_log *log;
    uint64_t from = rig_param(params, "from", 0);
    uint64_t count = rig_param(params, "count", EVENTS_MAX);
    json_t *array;
    char line[256];

    if (!s->started || !s->ended)
        return rpc_error(RPC_BENCH, "events can be read after verdict");
    log = &s->rig.machine->log;
    if (from < fake_log_first(log))
        from = fake_log_first(log);
    if (count > EVENTS_MAX)
        count = EVENTS_MAX;
    array = json_array();
    for (uint64_t k = from; k < log->count && k - from < count; k++) {
        fake_event_format(fake_log_get(log, k), k, line, sizeof(line));
        json_array_append_new(array, json_loads(line, 0, NULL));
    }
    return rpc_result(array);
}

static json_t *method_operation(struct server *s, const char *name,
                                const json_t *params)
{
    json_t *step = params ? json_deep_copy(params) : json_object();
    struct rig_schema_error err;
    json_t *answer = NULL;

    json_object_set_new(step, "op", json_string(name));
    if (rig_schema_check(s->data.vectors.schema,
                         definition(s, s->dut ? "step" : "raw"), step, &err))
        answer = params_error(&err);
    else if (s->ended)
        answer = rpc_error(RPC_BENCH, "the machine was ended by verdict");
    else if (!s->started)
        answer = start(s, NULL, s->setup.seed);
    if (!answer)
        answer = rpc_result(rig_op_run(&s->rig, step));
    json_decref(step);
    return answer;
}

static const struct method {
    const char *name;
    json_t *(*run)(struct server *s, const json_t *params);
} methods[] = {
    {"start", method_start},
    {"verdict", method_verdict},
    {"events", method_events},
};

static json_t *call(struct server *s, const char *name, const json_t *params)
{
    for (unsigned k = 0; k < sizeof(methods) / sizeof(methods[0]); k++) {
        json_t *error;

        if (strcmp(methods[k].name, name) != 0)
            continue;
        error = check_params(s, name, params);
        return error ? error : methods[k].run(s, params);
    }
    if (rig_op_exists(name))
        return method_operation(s, name, params);
    return rpc_error(RPC_METHOD, "no such method");
}

/* ---- the wire ---- */

/* The answer to one line; NULL for a notification. */
static json_t *answer(struct server *s, const char *line)
{
    json_error_t parse;
    json_t *request =
        json_loads(line, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &parse);
    const json_t *params = json_object_get(request, "params");
    const char *method = rig_param_text(request, "method");
    const char *version = rig_param_text(request, "jsonrpc");
    json_t *id = json_object_get(request, "id");
    json_t *result;

    if (!request)
        result = rpc_error(RPC_PARSE, parse.text);
    else if (!method || !version || strcmp(version, "2.0") != 0)
        result = rpc_error(RPC_REQUEST, "not a JSON-RPC 2.0 request");
    else if (params && !json_is_object(params))
        result = rpc_error(RPC_PARAMS, "params: expected an object");
    else
        result = call(s, method, params);
    json_object_set_new(result, "jsonrpc", json_string("2.0"));
    json_object_set(result, "id", id ? id : json_null());
    if (request && method && !id) {
        json_decref(result);
        result = NULL;
    }
    json_decref(request);
    return result;
}

static void serve(struct server *s)
{
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, stdin) > 0) {
        json_t *result;

        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        result = answer(s, line);
        if (!result)
            continue;
        json_dumpf(result, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(result);
    }
    free(line);
}

static const struct rig_option option_list[] = {
    {.key = RIG_KEY_DUT},
    {.key = RIG_KEY_SCHED},
    {.key = RIG_KEY_SEED},
    {.key = RIG_KEY_MEMORY},
    {.key = RIG_KEY_IMAGE},
    {.key = RIG_KEY_FAULT},
    {0},
};

static int load(struct server *s)
{
    char err[512];

    if (rig_setup_check("serve", &s->setup) || rig_data_load("serve", &s->data))
        return RIG_EXIT_USAGE;
    if (s->setup.subject == RIG_SUBJECT_RINGTRUE)
        s->dut = &rig_dut_ringtrue;
    else if (s->setup.subject == RIG_SUBJECT_SO &&
             rig_so_open(s->setup.so_path, &s->dut, err, sizeof(err)))
        return rig_complain("serve", "--dut '%s': %s", s->setup.so_path, err);
    return 0;
}

int cmd_serve(int argc, char **argv)
{
    struct rig_options o = {
        .command = "serve",
        .usage = "[OPTION...]",
        .about = "Carries out the operations of vectors/schema.json one at a "
                 "time: JSON-RPC 2.0, one object per line on stdin, answers "
                 "on stdout. Besides operations there are the methods start, "
                 "verdict and events. Ends with the input.",
        .list = option_list,
    };
    struct server s = {0};
    int key, code;

    rig_setup_init(&s.setup);
    o.setup = &s.setup;
    while ((key = rig_options_next(&o, argc, argv)) > 0)
        ;
    if (key < 0)
        return o.exit_code;
    if (o.first < argc)
        return rig_complain("serve", "unexpected argument '%s'", argv[o.first]);
    code = load(&s);
    if (code)
        return code;
    serve(&s);
    drop(&s);
    rig_data_free(&s.data);
    return RIG_EXIT_PASS;
}
