#include "sim/base/io/hdf5/array_file.h"

#include <gtest/gtest.h>

#include "sim/base/outside_error.h"
#include "tests/lab/program.h"

namespace kvern {
namespace {

class ArrayFile : public testing::Test {
 protected:
  std::string path() const { return (program_.folder() / "arrays.h5").string(); }

 private:
  lab::Program program_{""};
};

// [2, 3] = 0 1 2 / 3 4 5, written in two rows; the block from (0, 1) of 2 x 2 is 1 2 4 5.
TEST_F(ArrayFile, BlocksComeBack) {
  ArrayWriter writer(path());
  writer.create("/a/b", {2, 3}, ArrayType::F32, "1", "a small one");
  for (std::uint64_t row = 0; row < 2; ++row) {
    const double base = 3.0 * static_cast<double>(row);
    const std::vector<double> values = {base, base + 1, base + 2};
    writer.write<double>("/a/b", {row, 0}, {1, 3}, values);
  }
  writer.close();
  const ArrayReader reader(path());
  EXPECT_EQ(reader.shape("/a/b"), (Extents{2, 3}));
  std::vector<std::int32_t> block(4);
  reader.read<std::int32_t>("/a/b", {0, 1}, {2, 2}, block);
  EXPECT_EQ(block, (std::vector<std::int32_t>{1, 2, 4, 5}));
  EXPECT_THROW(reader.read<std::int32_t>("/a/b", {1, 1}, {2, 2}, block), OutsideError);
  EXPECT_THROW(reader.shape("/a/c"), OutsideError);
  EXPECT_EQ(reader.members("/a"), std::vector<std::string>{"b"});
}

// Half precision has 11 significant bits: steps of 2 from 2048 on.
TEST_F(ArrayFile, HalvesAreRoundedToNearest) {
  ArrayWriter writer(path());
  writer.create("/h", {4}, ArrayType::F16, "1", "halves");
  writer.write_all<float>("/h", {4}, std::vector<float>{1.5F, -0.25F, 2049.5F, 65504.F});
  writer.close();
  const ArrayReader reader(path());
  EXPECT_EQ(reader.stored_size("/h"), 2U);
  EXPECT_EQ(reader.read_all<float>("/h"), (std::vector<float>{1.5F, -0.25F, 2050.F, 65504.F}));
}

TEST_F(ArrayFile, Attributes) {
  ArrayWriter writer(path());
  writer.set_attribute("/g", "language", std::string("en"));
  writer.set_attribute("/g", "theta", 1e5);
  writer.set_attribute("/g", "count", std::int64_t{7});
  writer.set_integers("/g", "layers", std::vector<std::int64_t>{0, 5, 9});
  writer.close();
  const ArrayReader reader(path());
  EXPECT_EQ(reader.text_attribute("/g", "language"), "en");
  EXPECT_EQ(reader.number_attribute("/g", "theta"), 1e5);
  EXPECT_EQ(reader.number_attribute("/g", "count"), 7);
  EXPECT_EQ(reader.integers_attribute("/g", "layers"), (std::vector<std::int64_t>{0, 5, 9}));
  EXPECT_FALSE(reader.has_attribute("/g", "model"));
  EXPECT_THROW(reader.text_attribute("/g", "theta"), OutsideError);
  EXPECT_THROW(reader.integers_attribute("/g", "language"), OutsideError);
}

}  // namespace
}  // namespace kvern
