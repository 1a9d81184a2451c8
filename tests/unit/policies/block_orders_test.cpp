// The orders that policies keep blocks in.
#include <gtest/gtest.h>

#include "policies/parts/blocks/block_queues.h"
#include "policies/parts/blocks/candidate_set.h"
#include "policies/parts/blocks/chain_queue.h"
#include "policies/parts/blocks/content_index.h"
#include "policies/parts/blocks/frequency_lists.h"
#include "policies/parts/blocks/prefix_tree.h"
#include "policies/parts/blocks/segmented_lru.h"

namespace kvern {

TEST(BlockLists, ANumberIsInOneListAtMost) {
  BlockLists lists;
  lists.prepare(3, 2);
  EXPECT_TRUE(lists.empty(0));
  lists.append(0, 0);
  lists.append(1, 0);
  lists.insert_before(1, 2);
  EXPECT_EQ(lists.head(0), 0U);
  EXPECT_EQ(lists.next(0), 2U);
  EXPECT_EQ(lists.tail(0), 1U);
  lists.move_to_tail(0, 1);
  EXPECT_EQ(lists.head(0), 2U);
  EXPECT_EQ(lists.head(1), 0U);
  lists.unlink(0);
  lists.unlink(0);  // nothing happens
  EXPECT_FALSE(lists.linked(0));
  EXPECT_TRUE(lists.empty(1));
}

// 0 is pinned when its turn comes; released, it goes before 2, which came later.
TEST(BlockQueues, APinnedBlockKeepsItsTurn) {
  BlockQueues queues;
  queues.prepare(3);
  for (const std::uint32_t block : {0U, 1U, 2U}) queues.push(block);
  queues.pin(0);
  EXPECT_EQ(queues.front(), 1U);
  queues.remove(1);
  queues.release(0);
  EXPECT_EQ(queues.front(), 0U);
  EXPECT_EQ(queues.size(), 2U);
  queues.pin(0);
  queues.pin(2);
  EXPECT_EQ(queues.front(), kNoBlock);
}

TEST(CandidateSet, HasNoHoles) {
  CandidateSet set;
  set.prepare(4);
  for (const std::uint32_t block : {3U, 1U, 2U}) set.add(block);
  set.remove(3);
  set.remove(3);  // nothing happens
  EXPECT_EQ(set.size(), 2U);
  EXPECT_EQ(set.drawn(0), 2U);  // took the place of 3
  EXPECT_EQ(set.drawn(UINT64_MAX), 1U);
}

// A prompt's blocks stand with the last one first, behind the prompts before it.
TEST(ChainQueue, TheEndOfAPromptGoesBeforeItsBeginning) {
  ChainQueue queue;
  queue.prepare(5);
  queue.inserted(0, 0);
  queue.inserted(1, 1);
  queue.inserted(2, 0);  // the next prompt
  queue.inserted(3, 1);
  std::vector<std::uint32_t> order;
  for (auto block = queue.head(); block != queue.end(); block = queue.next(block)) {
    order.push_back(block);
  }
  EXPECT_EQ(order, (std::vector<std::uint32_t>{1, 0, 3, 2}));
  queue.touched(0);  // used alone: to the tail
  EXPECT_EQ(queue.head(), 1U);
}

TEST(ContentIndex, FindsWhatIsThere) {
  ContentIndex index;
  index.prepare(2);
  index.insert(0, 7);
  index.insert(1, 8);
  EXPECT_EQ(index.find(7), 0U);
  EXPECT_EQ(index.find(8), 1U);
  index.erase(0);
  EXPECT_EQ(index.find(7), kNoBlock);
  EXPECT_EQ(index.find(8), 1U);
}

TEST(FrequencyLists, TheLeastUsedGoesTheOldestOfEquals) {
  FrequencyLists lists;
  lists.prepare(3);
  for (const std::uint32_t block : {0U, 1U, 2U}) lists.insert(block);
  lists.use(0);
  EXPECT_EQ(lists.front(), 1U);
  lists.hide(1);
  EXPECT_EQ(lists.front(), 2U);
  lists.use(1);
  lists.use(1);
  lists.show(1);
  lists.remove(2);
  EXPECT_EQ(lists.front(), 0U);
  EXPECT_EQ(lists.uses(1), 3U);
}

TEST(PrefixTree, AParentIsALeafWhenItsChildrenAreGone) {
  PrefixTree tree;
  tree.prepare(3);
  EXPECT_FALSE(tree.inserted(0, kNoBlock));
  EXPECT_TRUE(tree.inserted(1, 0));
  EXPECT_FALSE(tree.inserted(2, 0));
  EXPECT_FALSE(tree.leaf(0));
  EXPECT_EQ(tree.removed(1), kNoBlock);
  EXPECT_EQ(tree.removed(2), 0U);
  EXPECT_TRUE(tree.leaf(0));
}

// Another content took the parent's place: the orphan says nothing about it.
TEST(PrefixTree, AnOrphanHasNoParent) {
  PrefixTree tree;
  tree.prepare(2);
  tree.inserted(0, kNoBlock);
  tree.inserted(1, 0);
  tree.removed(0);
  tree.inserted(0, kNoBlock);
  EXPECT_EQ(tree.removed(1), kNoBlock);
  EXPECT_TRUE(tree.leaf(0));
}

// Room for one above: the second that is lifted pushes the first down, behind what waits there.
TEST(SegmentedLru, WhatDoesNotFitAboveFallsBack) {
  SegmentedLru segments;
  segments.prepare(3, {1});
  for (const std::uint32_t block : {0U, 1U, 2U}) segments.insert(block);
  segments.use(0);
  segments.use(1);
  EXPECT_EQ(segments.front(), 2U);
  segments.remove(2);
  EXPECT_EQ(segments.front(), 0U);
  segments.hide(0);
  EXPECT_EQ(segments.front(), 1U);
}

}  // namespace kvern
