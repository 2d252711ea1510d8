#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "relay/svc/frame_info.h"

namespace strata::relay {

// The last frames of one encoding by id. Constant time; a frame gives way to one whose id is larger
// by a multiple of the capacity. The newest, which most packets belong to, lies in place.
class FrameRing {
  public:
    // Capacity: a power of two. Main thread.
    explicit FrameRing(std::size_t capacity) : records_(capacity) {}

    // Valid until the next insert.
    FrameRecord* find(std::int64_t id) {
        return const_cast<FrameRecord*>(std::as_const(*this).find(id));
    }
    const FrameRecord* find(std::int64_t id) const {
        if (id == newest_.id) return id >= 0 ? &newest_ : nullptr;
        if (id < 0 || id > newest_.id) return nullptr;
        const std::size_t at = index(id);
        const FrameRecord& record = records_[at];
        return record.id == id && at != index(newest_.id) ? &record : nullptr;
    }

    // Null when a newer frame has the place already: `id` is too old.
    FrameRecord* insert(std::int64_t id) {
        if (id < 0) return nullptr;
        FrameRecord* record = &newest_;
        if (id > newest_.id) {
            if (newest_.id >= 0) records_[index(newest_.id)] = newest_;
        } else {
            const std::size_t at = index(id);
            record = &records_[at];
            if (at == index(newest_.id) || record->id > id) return nullptr;
        }
        *record = FrameRecord{};
        record->id = id;
        record->serial = ++serial_;
        return record;
    }

    // The frame behind the newest, to which groups do the same.
    FrameRecord& insert_alike(std::int64_t picture) {
        records_[index(newest_.id)] = newest_;
        ++newest_.id;
        newest_.picture = picture;
        newest_.serial = ++serial_;
        newest_.ended = false;
        return newest_;
    }

    void clear() {
        for (FrameRecord& record : records_) record = FrameRecord{};
        newest_ = FrameRecord{};
        given_up_before_ = -1;
    }

    // Where the newest frame goes when there is another.
    [[gnu::always_inline]] void prefetch() const {
        __builtin_prefetch(&records_[index(newest_.id)], 1);
    }

    std::int64_t newest() const { return newest_.id; }  // -1: none has come
    FrameRecord& newest_frame() { return newest_; }
    std::uint32_t serial() const { return serial_; }

    // Frames below `id` that were never seen won't come any more: they count as lost (C8).
    void give_up_before(std::int64_t id) {
        if (id > given_up_before_) given_up_before_ = id;
    }
    bool given_up(std::int64_t id) const {
        return id < given_up_before_ ||
               id + static_cast<std::int64_t>(records_.size()) <= newest_.id;
    }

  private:
    std::size_t index(std::int64_t id) const {
        return static_cast<std::size_t>(id) & (records_.size() - 1);
    }

    FrameRecord newest_;
    std::vector<FrameRecord> records_;
    std::int64_t given_up_before_ = -1;
    std::uint32_t serial_ = 0;
};

}  // namespace strata::relay
