#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dataplane/worker/checkpoint.h"

namespace strata::dataplane {

struct CheckpointLayout {
    std::string node;               // another node's records are nothing to us
    std::string boot_id;            // of the running kernel: its monotonic clock is what counts
    std::uint32_t capacity = 1024;  // records
    relay::TimeUs max_age_us = 3'600'000'000;
};

// The records of all streams in shared memory, found again by the next process with the same name:
//   header | CheckpointRecord × capacity
// A record is *held* by a stream of this process, *left* by one of another process or one that has
// ended, or free. Left ones are given up when room is needed. What is found is believed only after
// all of it was checked: magic, version, sizes, node and boot; of each record its check sum and
// age. The file grows as records are needed and stays when the process ends. Main thread.
class CheckpointStore {
  public:
    // An empty name: memory of the process alone (tests, replay). The error says what to do.
    static std::expected<CheckpointStore, std::string> open(const std::string& name,
                                                            const CheckpointLayout& layout,
                                                            relay::TimeUs now);
    ~CheckpointStore();
    CheckpointStore(CheckpointStore&& other) noexcept;
    CheckpointStore& operator=(CheckpointStore&&) = delete;

    struct Claim {
        CheckpointRecord* record = nullptr;       // null: there is no room (counted)
        std::optional<CheckpointNumbers> stored;  // what was written of this stream last
    };
    // A record for a stream that begins. One that another stream of this process holds under the
    // same key (it is being rebuilt) is read, and forgotten when that one gives it back.
    Claim claim(const CheckpointKey& key);
    // The stream has ended. What it wrote stays for whoever claims its key.
    void give_back(CheckpointRecord* record);

    std::uint32_t capacity() const { return capacity_; }
    std::size_t left() const { return left_.size(); }
    std::uint64_t refused() const { return refused_; }  // claims without room

  private:
    struct Header;
    struct KeyHash {
        std::size_t operator()(const CheckpointKey& key) const;
    };
    CheckpointStore() = default;
    bool map(std::size_t bytes);
    bool believable(const CheckpointLayout& layout, std::size_t file_bytes) const;
    bool begin_anew(const CheckpointLayout& layout);
    void take_over(const CheckpointLayout& layout, relay::TimeUs now);
    std::optional<std::uint32_t> take_place();
    bool grow_to(std::uint32_t records);
    Header& header() { return *reinterpret_cast<Header*>(base_); }
    const Header& header() const { return *reinterpret_cast<const Header*>(base_); }
    CheckpointRecord& record(std::uint32_t index);

    std::string name_;
    int fd_ = -1;
    std::byte* base_ = nullptr;
    std::size_t mapped_ = 0;
    std::uint32_t capacity_ = 0;
    std::uint32_t backed_ = 0;  // records that the file has room for
    std::vector<std::uint32_t> free_;
    std::unordered_map<CheckpointKey, std::uint32_t, KeyHash> held_, left_;
    std::deque<CheckpointKey> ended_;  // in this process, oldest first
    std::uint64_t refused_ = 0;
};

// Of the running kernel; empty where it can't be read.
std::string read_boot_id();

}  // namespace strata::dataplane
