#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/api/observation.h"
#include "dataplane/api/shared_memory.h"
#include "dataplane/api/statistics.h"

// Where workers write down what is looked at, in shared memory: a log for each worker, in which new
// records take the place of the oldest. The worker never waits and never learns whether anybody
// reads; a reader that is too slow misses records, and knows how many by their numbers.
namespace strata::api {

constexpr std::uint64_t kObservationMagic = 0x53454f4154415254ULL;
constexpr std::uint32_t kObservationVersion = 1;

struct alignas(64) ObservationHeader {
    std::uint64_t magic;                // written last
    std::uint32_t version, head_bytes;  // of a record, to tell builds apart
    std::uint64_t total_size;
    std::uint64_t epoch;  // of the data plane
    std::uint32_t workers, reserved;
    std::uint64_t log_stride;  // bytes from one log to the next
    std::uint64_t log_words;   // of one log, a power of two
    Counter applied;  // by the main thread: the newest set of observations that all workers work by
};

using ObservationWord = std::atomic<std::uint64_t>;
static_assert(ObservationWord::is_always_lock_free && sizeof(ObservationWord) == 8);

// Positions count words since the start; what lies in [begin, end) can be read.
struct alignas(64) ObservationLogHeader {
    ObservationWord begin;
    ObservationWord end;
    ObservationWord records;  // before `end`, since the start
};

// The writing side of one log. Thread: its worker.
class ObservationLog {
  public:
    ObservationLog(ObservationLogHeader& header, ObservationWord* words, std::uint64_t count)
        : header_(header), words_(words), mask_(count - 1) {}

    // Appends a record whose head says how long it is; `number` is given here. Readers see it after
    // publish(). Returns where it lies.
    std::uint64_t append(std::span<std::uint64_t> record);
    // Replaces a word of a record that isn't published yet.
    void set_word(std::uint64_t position, std::uint64_t value) {
        if (position >= header_.begin.load(std::memory_order_relaxed))  // else it is gone already
            words_[position & mask_].store(value, std::memory_order_relaxed);
    }
    void publish() {
        header_.records.store(records_, std::memory_order_relaxed);
        header_.end.store(tail_, std::memory_order_release);
    }
    std::uint64_t records() const { return records_; }

  private:
    ObservationLogHeader& header_;
    ObservationWord* words_;
    std::uint64_t mask_;
    std::uint64_t tail_ = 0;
    std::uint64_t records_ = 0;
};

struct ObservationLayout {
    std::uint32_t workers = 1;
    std::uint64_t log_bytes = 1 << 20;  // rounded up to a power of two, 64 KiB at least
    std::uint64_t epoch = 0;
};

// The writing process's segment: replaces what a dead process left, and is removed with its owner.
// With an empty name it is private to the process. Main thread.
class ObservationSegment {
  public:
    static std::expected<ObservationSegment, std::string> create(const std::string& name,
                                                                 const ObservationLayout& layout);

    ObservationHeader& header() { return *reinterpret_cast<ObservationHeader*>(memory_.base()); }
    // `worker` < layout.workers; its positions begin anew, so once per worker.
    ObservationLog log(std::uint32_t worker);
    const OwnedSegment& memory() const { return memory_; }

  private:
    explicit ObservationSegment(OwnedSegment memory) : memory_(std::move(memory)) {}
    OwnedSegment memory_;
};

// The reading side, with a place in each log. A log that breaks its own rules ends in an error,
// never in a fault.
class ObservationReader {
  public:
    // Reads on from the end of each log. The error says what is wrong with the segment.
    static std::expected<ObservationReader, std::string> open(const std::string& name);
    // Of a segment in this process; it outlives the reader.
    static std::expected<ObservationReader, std::string> of(const ObservationSegment& segment);

    std::uint64_t epoch() const { return epoch_; }
    std::uint32_t workers() const { return static_cast<std::uint32_t>(places_.size()); }
    // See ObservationHeader.
    std::uint64_t applied() const;

    // The next record of a worker, valid until the next call, or nullptr: there is none (now).
    const ObservedHead* next(std::uint32_t worker);
    // What follows the head that next() has just returned.
    std::span<const std::uint8_t> tail() const;
    // Records of all workers, of whatever observation, that were overwritten before they were read.
    std::uint64_t lost() const { return lost_; }

  private:
    struct Place {
        std::uint64_t position = 0;
        std::uint64_t number = 0;  // of the record read last
    };
    explicit ObservationReader(SegmentView memory);
    static std::expected<ObservationReader, std::string> check(SegmentView memory);
    const ObservationHeader& header() const {
        return *reinterpret_cast<const ObservationHeader*>(memory_.base());
    }
    bool copy(std::uint32_t worker, std::uint64_t position, std::size_t first, std::size_t words);

    SegmentView memory_;
    std::uint64_t epoch_ = 0, stride_ = 0, log_words_ = 0;
    std::vector<Place> places_;
    std::uint64_t lost_ = 0;
    alignas(8) std::array<std::uint64_t, kMaxRecordBytes / 8> record_{};
};

}  // namespace strata::api
