/* An eviction policy of your own, outside the tree, in C or any language that speaks it:
 *
 *   cc -shared -fPIC -I KVERN my_policy.c -o my_policy.so
 *   kvern conform ./my_policy.so
 *   kvern run scenario.toml --plugin ./my_policy.so
 *
 * The questions are those of sim/ports/eviction.h, which says when each is asked. Blocks are
 * numbers 0 .. capacity-1. Nothing may be called back, printed or thrown; only create() may
 * allocate. One policy may serve several replicas: all state hangs on what create() returns. */
#pragma once

#include <stdint.h>

/* NOLINTBEGIN(readability-identifier-naming): these are names of C. */
#ifdef __cplusplus
extern "C" {
#endif

/* Changes when a member's meaning does; members are only ever added at the end. */
enum { KVERN_PLUGIN_VERSION = 1 };

/* parent: none. */
static const uint32_t KVERN_NO_BLOCK = UINT32_MAX;

struct kvern_block_info {
  uint64_t content;           /* identity of what the block holds */
  uint32_t parent;            /* block that holds the prefix before it, or KVERN_NO_BLOCK */
  uint32_t depth;             /* 0 = first block of the prompt */
  uint32_t tokens;            /* filled */
  uint32_t bytes;             /* 0 = not known */
  uint64_t recompute_cost_ns; /* to compute it again; 0 = not known */
  uint16_t tenant;
  uint16_t category;
  uint32_t request_tokens; /* prompt length of the request that brought it */
};

struct kvern_eviction_policy {
  uint32_t version; /* KVERN_PLUGIN_VERSION */
  uint32_t size;    /* sizeof(struct kvern_eviction_policy) */
  const char* name; /* for [pool.kv] eviction: small letters, digits, _ */
  void* (*create)(uint32_t capacity);
  void (*destroy)(void* policy);
  void (*inserted)(void* policy, uint32_t block, const struct kvern_block_info* info,
                   int64_t now_ns);
  void (*touched)(void* policy, uint32_t block, int64_t now_ns);
  void (*pinned)(void* policy, uint32_t block);
  void (*released)(void* policy, uint32_t block, int64_t now_ns);
  void (*removed)(void* policy, uint32_t block);
  uint32_t (*victim)(void* policy, int64_t now_ns);
};

/* The one symbol that a plugin exports. */
const struct kvern_eviction_policy* kvern_plugin(void);

#ifdef __cplusplus
}
#endif
/* NOLINTEND(readability-identifier-naming) */
