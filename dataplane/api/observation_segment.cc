#include <bit>
#include <cstring>
#include <new>
#include <utility>

#include "dataplane/api/observation_log.h"

namespace strata::api {
namespace {

constexpr std::string_view kKind = "observation segment";
constexpr std::size_t kPage = 4096;
constexpr std::uint64_t kLeastLogBytes = 65'536;

std::uint64_t stride_of(std::uint64_t log_bytes) { return kPage + log_bytes; }

// The words of the log whose header is at `at`.
template <typename Byte>
auto* words_at(Byte* at) {
    using Word = std::conditional_t<std::is_const_v<Byte>, const ObservationWord, ObservationWord>;
    return reinterpret_cast<Word*>(at + kPage);
}

}  // namespace

std::expected<ObservationSegment, std::string> ObservationSegment::create(
    const std::string& name, const ObservationLayout& layout) {
    const std::uint64_t log_bytes = std::bit_ceil(std::max(layout.log_bytes, kLeastLogBytes));
    const std::size_t size = kPage + layout.workers * stride_of(log_bytes);
    auto memory = OwnedSegment::create(kKind, name, size);
    if (!memory) return std::unexpected(memory.error());
    auto* header = new (memory->base()) ObservationHeader{};
    header->version = kObservationVersion;
    header->head_bytes = sizeof(ObservedHead);
    header->total_size = size;
    header->epoch = layout.epoch;
    header->workers = layout.workers;
    header->log_stride = stride_of(log_bytes);
    header->log_words = log_bytes / 8;
    std::atomic_ref(header->magic).store(kObservationMagic, std::memory_order_release);
    return ObservationSegment(std::move(*memory));
}

ObservationLog ObservationSegment::log(std::uint32_t worker) {
    std::byte* at = memory_.base() + kPage + worker * header().log_stride;
    return {*new (at) ObservationLogHeader{}, words_at(at), header().log_words};
}

std::expected<ObservationReader, std::string> ObservationReader::open(const std::string& name) {
    auto memory = SegmentView::open(name, sizeof(ObservationHeader));
    if (memory) return check(std::move(*memory));
    const std::string why = memory.error() != 0
                                ? std::string("shm_open: ") + std::strerror(memory.error())
                                : "too small to be one";
    return std::unexpected(std::string(kKind) + " " + name + ": " + why);
}

std::expected<ObservationReader, std::string> ObservationReader::of(
    const ObservationSegment& segment) {
    return check(SegmentView(segment.memory()));
}

std::expected<ObservationReader, std::string> ObservationReader::check(SegmentView memory) {
    const auto& h = *reinterpret_cast<const ObservationHeader*>(memory.base());
    if (h.magic != kObservationMagic || h.version != kObservationVersion ||
        h.head_bytes != sizeof(ObservedHead))
        return std::unexpected("the observation segment is of another build, or not ready yet");
    const bool sane = h.total_size == memory.size() && std::has_single_bit(h.log_words) &&
                      h.log_words * 8 >= kLeastLogBytes && h.log_words < (1ULL << 40) &&
                      h.log_stride == stride_of(h.log_words * 8) &&
                      h.workers <= (memory.size() - kPage) / h.log_stride;
    if (!sane) return std::unexpected("the observation segment describes more than it holds");
    return ObservationReader(std::move(memory));
}

ObservationReader::ObservationReader(SegmentView memory)
    : memory_(std::move(memory)),
      epoch_(header().epoch),
      stride_(header().log_stride),
      log_words_(header().log_words),
      places_(header().workers) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const auto& log =
            *reinterpret_cast<const ObservationLogHeader*>(memory_.base() + kPage + i * stride_);
        places_[i].position = log.end.load(std::memory_order_acquire);
        places_[i].number = log.records.load(std::memory_order_relaxed);
    }
}

std::uint64_t ObservationReader::applied() const { return header().applied.get(); }

// Words [first, words) of the record at `position`. False: some were overwritten meanwhile.
bool ObservationReader::copy(std::uint32_t worker, std::uint64_t position, std::size_t first,
                             std::size_t words) {
    const std::byte* at = memory_.base() + kPage + worker * stride_;
    const ObservationWord* from = words_at(at);
    for (std::size_t i = first; i < words; ++i)
        record_[i] = from[(position + i) & (log_words_ - 1)].load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    const auto& log = *reinterpret_cast<const ObservationLogHeader*>(at);
    return log.begin.load(std::memory_order_relaxed) <= position;
}

const ObservedHead* ObservationReader::next(std::uint32_t worker) {
    constexpr std::size_t kHeadWords = sizeof(ObservedHead) / 8;
    Place& place = places_[worker];
    const auto& log =
        *reinterpret_cast<const ObservationLogHeader*>(memory_.base() + kPage + worker * stride_);
    const std::uint64_t end = log.end.load(std::memory_order_acquire);
    if (place.position >= end) return nullptr;
    const auto* head = reinterpret_cast<const ObservedHead*>(record_.data());
    const bool whole = copy(worker, place.position, 0, kHeadWords) && head->words >= kHeadWords &&
                       head->words <= record_.size() &&
                       copy(worker, place.position, kHeadWords, head->words);
    if (!whole) {
        // Where records begin isn't known any more, but at the end: on from there. The numbers say
        // how many are missing.
        place.position = end;
        return nullptr;
    }
    if (head->number > place.number) lost_ += head->number - place.number - 1;
    place.number = head->number;
    place.position += head->words;
    return head;
}

std::span<const std::uint8_t> ObservationReader::tail() const {
    const auto* head = reinterpret_cast<const ObservedHead*>(record_.data());
    return {reinterpret_cast<const std::uint8_t*>(record_.data()) + sizeof(ObservedHead),
            head->words * 8 - sizeof(ObservedHead)};
}

}  // namespace strata::api
