#include "analysis/run/run_records.h"

#include <gmock/gmock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "analysis/run/record_columns.h"
#include "sim/base/outside_error.h"
#include "tests/unit/analysis/run_example.h"

namespace kvern {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RunRecordsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("kvern_records_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return (folder_ / "records.h5").string(); }
  RunRecords::Settings with_file() const {
    RunRecords::Settings settings = example::settings();
    settings.file = path();
    settings.steps = settings.evictions = true;
    return settings;
  }

  std::filesystem::path folder_;
};

void write_one_of_each(RunRecords& records) {
  for (std::uint32_t id = 0; id < 3; ++id) records.request(example::request(id));
  records.bucket({1 * kSecond, 0, 4, 3, 5, 9, 2, 1, 900, 150, 3003, 150, 300, 77, 2 * kSecond, 8});
  records.step({1, StepKind::Mixed, 10, 20, 2, 512, 30, 2, 1, 1, 1234, 99});
  records.eviction({30, 1, 0, 42, 7});
  records.transfer({10, 50, 3, 0, 1, 2, 4096, 11});
  const Ledger ledger = example::ledger();
  records.finish({&ledger, 1}, true);
}

TEST_F(RunRecordsTest, WhatIsWrittenReadsBack) {
  RunRecords records(with_file());
  write_one_of_each(records);

  TableReader h5(path());
  EXPECT_EQ(h5.text_attribute("/", "format"), "kvern.records");
  EXPECT_EQ(h5.integer_attribute("/", "version"), 1);
  EXPECT_EQ(h5.integer_attribute("/", "complete"), 1);
  EXPECT_EQ(h5.text_attribute("/", "fingerprint"), records.fingerprint());
  EXPECT_EQ(h5.integer_attribute("/requests", "rows_complete"), 3);
  EXPECT_EQ(h5.text_attribute("/requests/finish_ns", "unit"), "ns");
  EXPECT_THAT(h5.read_all<std::uint32_t>("/requests/prompt_tokens"), ElementsAre(1000, 1001, 1002));
  EXPECT_THAT(h5.read_all<std::uint8_t>("/requests/status"), ElementsAre(0, 0, 0));
  EXPECT_THAT(h5.read_all<std::uint16_t>("/requests/preemptions"), ElementsAre(1, 1, 1));
  EXPECT_THAT(h5.read_all<std::int64_t>("/requests/energy_nj"),
              ElementsAre(5'000'000'000, 5'000'000'001, 5'000'000'002));
  EXPECT_THAT(h5.read_all<std::uint64_t>("/buckets/kv_token_steps"), ElementsAre(77));
  EXPECT_THAT(h5.read_all<std::uint8_t>("/steps/kind"), ElementsAre(2));
  EXPECT_THAT(h5.read_all<std::uint64_t>("/steps/kv_tokens_read"), ElementsAre(1234));
  EXPECT_THAT(h5.read_all<std::int64_t>("/evictions/age_ns"), ElementsAre(7));
  EXPECT_THAT(h5.read_all<std::uint64_t>("/transfers/bytes"), ElementsAre(4096));
  EXPECT_THAT(h5.read_all<std::uint64_t>("/itl/count"), ElementsAre(150));
  EXPECT_THAT(h5.read_text("/dictionary/pool"), ElementsAre("main"));
  // /energy: 13 components; attention (row 0, busy) 600 J, idle (row 11) 200 J.
  const auto energy = h5.read_all<std::int64_t>("/energy/energy_nj");
  ASSERT_EQ(energy.size(), 13U);
  EXPECT_EQ(energy[0], 600'000'000'000);
  EXPECT_EQ(energy[11], 200'000'000'000);
  EXPECT_EQ(h5.read_all<std::uint16_t>("/energy/phase")[11], 1);
}

// Flushes fall anywhere between the rows of a table: none is lost, doubled or moved.
TEST_F(RunRecordsTest, TablesOfManyRowsSideBySide) {
  constexpr std::uint32_t kRequests = 150'000;
  RunRecords records(with_file());
  StepRow step;
  for (std::uint32_t id = 0; id < kRequests; ++id) {
    records.request(example::request(id));
    step.sequences = 2 * id;
    records.step(step);
    step.sequences = 2 * id + 1;
    records.step(step);
  }
  records.finish({}, true);
  TableReader h5(path());
  const auto ids = h5.read_all<std::uint32_t>("/requests/id");
  const auto energy = h5.read_all<std::int64_t>("/requests/energy_nj");
  const auto sequences = h5.read_all<std::uint32_t>("/steps/sequences");
  ASSERT_EQ(ids.size(), kRequests);
  ASSERT_EQ(sequences.size(), 2 * kRequests);
  for (std::uint32_t i = 0; i < kRequests; ++i) {
    ASSERT_EQ(ids[i], i);
    ASSERT_EQ(energy[i], 5'000'000'000 + i);
  }
  for (std::uint32_t i = 0; i < 2 * kRequests; ++i) ASSERT_EQ(sequences[i], i);
}

// Names, types and order of scenario.md; others' scripts read them.
TEST(RecordColumns, AreTheContract) {
  const auto text = [](const TableSpec& spec) {
    std::string out;
    for (const ColumnSpec& c : spec.columns) {
      out += (out.empty() ? "" : " ") + c.name + ":" + column_type_name(c.type);
    }
    return out;
  };
  EXPECT_EQ(text(table_spec<RequestRow>("/requests")),
            "id:u32 status:u8 pool:u16 replica:u16 tenant:u16 arrival_ns:i64 "
            "first_scheduled_ns:i64 first_token_ns:i64 finish_ns:i64 prompt_tokens:u32 "
            "output_tokens:u32 cached_tokens:u32 resumed_tokens:u32 recomputed_tokens:u32 "
            "preemptions:u16 energy_nj:i64");
  EXPECT_EQ(text(table_spec<BucketRow>("/buckets")),
            "start_ns:i64 pool:u16 arrived:u32 finished:u32 preemptions:u32 evictions:u32 "
            "running_max:u32 waiting_max:u32 blocks_used_max:u32 steps:u64 prefill_tokens:u64 "
            "decode_tokens:u64 sequence_steps:u64 kv_token_steps:u64 busy_ns:i64 energy_nj:i64 "
            "blocks_resident_max:u32");
  EXPECT_EQ(text(table_spec<StepRow>("/steps")),
            "replica:u16 start_ns:i64 end_ns:i64 kind:u8 sequences:u32 prefill_tokens:u32 "
            "blocks_used:u32 running:u32 waiting:u32 preempted:u32 kv_tokens_read:u64 "
            "energy_nj:i64");
  EXPECT_EQ(text(table_spec<EvictionRow>("/evictions")),
            "time_ns:i64 replica:u16 tier:u8 block:u32 age_ns:i64");
  EXPECT_EQ(text(table_spec<TransferRow>("/transfers")),
            "start_ns:i64 end_ns:i64 kind:u8 from:u16 to:u16 request:u32 bytes:u64 "
            "energy_nj:i64 tier:u8");
  EXPECT_EQ(text(table_spec<EnergyRow>("/energy")),
            "component:u16 phase:u16 pool:u16 energy_nj:i64");
  EXPECT_EQ(text(table_spec<ItlRow>("/itl")), "lower_ns:i64 count:u64");
  EXPECT_THAT(describe_records(), HasSubstr("finish_ns           i64  ns"));
}

TEST_F(RunRecordsTest, FingerprintDoesNotDependOnWhatIsWritten) {
  RunRecords nothing(example::settings());
  write_one_of_each(nothing);
  RunRecords all(with_file());
  write_one_of_each(all);
  RunRecords::Settings few = with_file();
  few.requests = few.steps = few.evictions = few.buckets = false;
  RunRecords some(few);
  write_one_of_each(some);
  EXPECT_EQ(nothing.fingerprint(), all.fingerprint());
  EXPECT_EQ(nothing.fingerprint(), some.fingerprint());
  EXPECT_FALSE(TableReader(path()).has("/requests"));
  EXPECT_TRUE(TableReader(path()).has("/transfers"));
}

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) out += buffer;
  ::pclose(pipe);
  return out;
}

std::string python_with_h5py() {
  for (const char* python : {"python3", "/usr/bin/python3"}) {
    if (output_of(std::string(python) + " -c 'import h5py; print(1)'") == "1\n") return python;
  }
  return "";
}

TEST_F(RunRecordsTest, H5pyReadsIt) {
  const std::string python = python_with_h5py();
  if (python.empty()) GTEST_SKIP() << "no python3 with h5py here";
  RunRecords records(with_file());
  write_one_of_each(records);
  std::ofstream(folder_ / "look.py")
      << "import h5py, sys\n"
         "f = h5py.File(sys.argv[1], 'r')\n"
         "r = f['requests']\n"
         "print(f.attrs['format'], f.attrs['version'], f.attrs['complete'], "
         "f.attrs['fingerprint'])\n"
         "print(list(r.attrs), r.attrs['rows_complete'], r['finish_ns'].dtype, r['finish_ns'][:])\n"
         "print(r['finish_ns'].attrs['unit'], r['finish_ns'].compression, r['id'].chunks)\n"
         "print([n.decode() for n in f['dictionary/pool'][:]], sorted(f))\n";
  EXPECT_EQ(output_of(python + " " + (folder_ / "look.py").string() + " " + path()),
            "kvern.records 1 1 " + records.fingerprint() +
                "\n"
                "['rows_complete'] 3 int64 [1100000000 2100000000 3100000000]\n"
                "ns None (16384,)\n"
                "['main'] ['buckets', 'dictionary', 'energy', 'evictions', 'itl', 'requests', "
                "'steps', 'transfers']\n");
}

// All complete rows hold what was written; returns how many.
std::uint64_t check_complete_rows(const std::string& path) {
  TableReader h5(path);
  const auto ids = h5.read_all<std::uint32_t>("/requests/id");
  const auto finish = h5.read_all<std::int64_t>("/requests/finish_ns");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] != i || finish[i] != example::request(ids[i]).finish_ns) return 0;
  }
  EXPECT_EQ(h5.integer_attribute("/", "complete"), 0);
  return ids.size();
}

// The child writes until its file may not grow (as on a full disk) and leaves as main would.
TEST_F(RunRecordsTest, FullDiskLeavesReadableRows) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{64 << 20, 64 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      RunRecords records(with_file());
      for (std::uint32_t id = 0; id < 4'000'000; ++id) records.request(example::request(id));
    } catch (const OutsideError& error) {
      ::_exit(3);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_GE(check_complete_rows(path()), 1U << 18);
}

TEST_F(RunRecordsTest, KilledWriterLeavesReadableRows) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    RunRecords records(with_file());
    for (std::uint32_t id = 0;; ++id) records.request(example::request(id));
  }
  while (!std::filesystem::exists(path()) || std::filesystem::file_size(path()) < (40 << 20)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_GE(check_complete_rows(path()), 1U << 18);
}

}  // namespace
}  // namespace kvern
