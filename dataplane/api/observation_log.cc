#include "dataplane/api/observation_log.h"

#include <algorithm>
#include <cstddef>

namespace strata::api {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr std::size_t kNumberWord = offsetof(ObservedHead, number) / 8;

}  // namespace

// A reader that sees one of the new words sees the new `begin` as well, and knows that what it has
// copied isn't what it was.
std::uint64_t ObservationLog::append(std::span<std::uint64_t> record) {
    record[kNumberWord] = ++records_;
    const std::uint64_t at = tail_;
    const std::uint64_t end = at + record.size();
    const std::uint64_t capacity = mask_ + 1;
    if (end > capacity && header_.begin.load(kRelaxed) < end - capacity) {
        header_.begin.store(end - capacity, kRelaxed);
        std::atomic_thread_fence(std::memory_order_release);
    }
    const auto put = [](ObservationWord* to, std::span<const std::uint64_t> from) {
        for (const std::uint64_t word : from) (to++)->store(word, kRelaxed);
    };
    const std::uint64_t before_end =
        std::min<std::uint64_t>(record.size(), capacity - (at & mask_));
    put(&words_[at & mask_], record.first(before_end));
    if (before_end != record.size()) [[unlikely]]
        put(&words_[0], record.subspan(before_end));
    tail_ = end;
    return at;
}

}  // namespace strata::api
