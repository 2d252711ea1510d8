#include <algorithm>
#include <utility>

#include "dataplane/server/desired_state.h"
#include "dataplane/worker/observer.h"

// Captures and traces: whom they are about is decided here, object by object, so that a worker
// looks at a byte of each.
namespace strata::dataplane {
namespace {

template <typename Enum>
std::uint64_t mask_of(const api::Observation& spec) {
    std::uint64_t mask = 0;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(Enum::kCount); ++i)
        for (const std::string& reason : spec.drops())
            if (reason == "*" || reason == name(static_cast<Enum>(i)))
                mask |= std::uint64_t{1} << i;
    return mask;
}
static_assert(static_cast<std::uint32_t>(api::RxDrop::kCount) <= 64 &&
              static_cast<std::uint32_t>(api::TxDrop::kCount) <= 32);

std::uint64_t or_endless(std::uint64_t limit) { return limit != 0 ? limit : ~std::uint64_t{0}; }

Observation build(const api::Observation& spec) {
    constexpr std::uint64_t kLongestUs = std::uint64_t{1} << 50;
    Observation built;
    built.slot = static_cast<std::uint8_t>(spec.slot());
    built.id = spec.id();
    built.trace = spec.trace();
    built.in = spec.in();
    built.out = spec.out();
    built.anyone = spec.room().empty() && spec.transport() == 0 && spec.track() == 0;
    built.by_drop = spec.drops_size() != 0;
    built.rx_drops = mask_of<api::RxDrop>(spec);
    built.tx_drops = static_cast<std::uint32_t>(mask_of<api::TxDrop>(spec));
    built.sample = std::max(spec.sample(), 1u);
    built.packets = or_endless(spec.packets());
    built.bytes = or_endless(spec.bytes());
    built.duration_us =
        static_cast<relay::TimeUs>(std::min(or_endless(spec.duration_us()), kLongestUs));
    built.snap_bytes = static_cast<std::uint16_t>(
        std::min<std::size_t>(spec.snap_bytes(), api::kMaxCapturedBytes));
    return built;
}

bool fits(std::uint64_t wanted, std::uint64_t id) { return wanted == 0 || wanted == id; }

// Bits of the observations that take in this peer and, of what is its own, what `about` says.
template <typename About>
std::uint8_t marks_where(const std::vector<api::Observation>& observations,
                         const api::Transport& peer, About about) {
    unsigned marks = 0;
    for (const api::Observation& o : observations)
        if ((o.room().empty() || o.room() == peer.room()) && fits(o.transport(), peer.id()) &&
            about(o))
            marks |= 1u << o.slot();
    return static_cast<std::uint8_t>(marks);
}

}  // namespace

DesiredState::WorkerSide::WorkerSide(std::uint32_t i, Worker* w, const StateLimits& limits,
                                     std::uint32_t slot_count)
    : index(i),
      worker(w),
      transports(limits.transports_per_worker),
      subscriptions(limits.subscriptions_per_worker),
      slots(slot_count),
      track_places(w->config().max_tracks) {}
DesiredState::WorkerSide::~WorkerSide() = default;

// What is about the peer as a whole, not about one of its tracks.
std::uint8_t DesiredState::marks_of(const api::Transport& spec) const {
    return marks_where(observations_, spec,
                       [](const api::Observation& o) { return o.track() == 0; });
}

std::uint8_t DesiredState::marks_of(const api::Track& spec) const {
    return marks_where(observations_, transports_.at(spec.transport()).spec,
                       [&spec](const api::Observation& o) {
                           return (o.in() || o.trace()) && fits(o.track(), spec.id());
                       });
}

std::uint8_t DesiredState::marks_of(const api::Subscription& spec) const {
    return marks_where(observations_, transports_.at(spec.transport()).spec,
                       [&spec](const api::Observation& o) {
                           return o.out() && !o.trace() && fits(o.track(), spec.track());
                       });
}

void DesiredState::keep_observations(std::vector<api::ObservationLog*> logs) {
    observation_logs_ = std::move(logs);
}

void DesiredState::observe(const api::Observations& wanted) {
    if (observation_logs_.empty() || (observations_.empty() && wanted.items().empty())) return;
    observations_.clear();
    std::vector<Observation> built;
    unsigned used = 0;
    for (const api::Observation& spec : wanted.items()) {
        if (spec.slot() >= api::kMaxObservations || spec.id() == 0 ||
            (used >> spec.slot() & 1) != 0)
            continue;
        used |= 1u << spec.slot();
        observations_.push_back(spec);
        built.push_back(build(spec));
    }
    for (WorkerSide& side : workers_) {
        if (side.observer) side.old_observers.push_back(std::move(side.observer));
        if (!built.empty())
            side.observer =
                std::make_unique<Observer>(*observation_logs_[side.index], std::span(built));
        submit(side, {.kind = Command::Kind::set_observer, .observer = side.observer.get()});
    }
    mark_all();
}

// Tells the workers of objects whose marks have changed.
void DesiredState::mark_all() {
    const auto mark = [this](std::uint32_t worker, std::uint8_t& known, std::uint8_t marks,
                             Command command) {
        if (std::exchange(known, marks) == marks) return;
        command.kind = Command::Kind::set_marks;
        command.marks = marks;
        submit(workers_[worker], command);
    };
    for (auto& [id, record] : transports_)
        mark(record.home.worker, record.marks, marks_of(record.spec),
             {.transport = record.object.get()});
    for (auto& [id, record] : tracks_)
        mark(record.worker, record.marks, marks_of(record.spec), {.track = record.object.get()});
    for (auto& [id, record] : subscriptions_)
        mark(record.worker, record.marks, marks_of(record.spec),
             {.subscription = record.object.get()});
}

}  // namespace strata::dataplane
