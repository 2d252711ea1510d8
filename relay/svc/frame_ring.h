#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "relay/svc/frame_info.h"

namespace strata::relay {

// The last frames of one encoding by id. Constant time; a frame gives way to one whose id is larger
// by a multiple of the capacity.
class FrameRing {
  public:
    // Capacity: a power of two. Main thread.
    explicit FrameRing(std::size_t capacity) : records_(capacity) {}

    FrameRecord* find(std::int64_t id) {
        FrameRecord& record = records_[index(id)];
        return record.id == id && id >= 0 ? &record : nullptr;
    }
    const FrameRecord* find(std::int64_t id) const {
        const FrameRecord& record = records_[index(id)];
        return record.id == id && id >= 0 ? &record : nullptr;
    }

    // Null when a newer frame has the place already: `id` is too old.
    FrameRecord* insert(std::int64_t id) {
        FrameRecord& record = records_[index(id)];
        if (id < 0 || record.id > id) return nullptr;
        record = FrameRecord{};
        record.id = id;
        record.serial = ++serial_;
        if (id > newest_) newest_ = id;
        return &record;
    }

    void clear() {
        for (FrameRecord& record : records_) record = FrameRecord{};
        newest_ = given_up_before_ = -1;
    }

    [[gnu::always_inline]] void prefetch() const {
        __builtin_prefetch(&records_[index(newest_ + 1)], 1);
        __builtin_prefetch(&records_[index(newest_)], 1);
    }

    std::int64_t newest() const { return newest_; }
    std::uint32_t serial() const { return serial_; }

    // Frames below `id` that were never seen won't come any more: they count as lost (C8).
    void give_up_before(std::int64_t id) {
        if (id > given_up_before_) given_up_before_ = id;
    }
    bool given_up(std::int64_t id) const {
        return id < given_up_before_ || id + static_cast<std::int64_t>(records_.size()) <= newest_;
    }

  private:
    std::size_t index(std::int64_t id) const {
        return static_cast<std::size_t>(id) & (records_.size() - 1);
    }

    std::vector<FrameRecord> records_;
    std::int64_t newest_ = -1;
    std::int64_t given_up_before_ = -1;
    std::uint32_t serial_ = 0;
};

}  // namespace strata::relay
