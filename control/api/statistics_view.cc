#include "control/api/statistics_view.h"

namespace strata::control {

void StatisticsView::use_segment(const std::string& name) {
    if (name == name_) return;
    name_ = name;
    reader_.reset();
}

const api::StatisticsReader* StatisticsView::reader() {
    if (reader_ && reader_->stale()) reader_.reset();
    if (!reader_ && !name_.empty()) {
        auto opened = api::StatisticsReader::open(name_);
        if (opened) reader_.emplace(std::move(*opened));
    }
    return reader_ ? &*reader_ : nullptr;
}

std::vector<api::WorkerSnapshot> StatisticsView::workers() {
    std::vector<api::WorkerSnapshot> snapshots;
    const api::StatisticsReader* segment = reader();
    if (segment == nullptr) return snapshots;
    const std::uint32_t count = segment->header().worker_count;
    for (std::uint32_t i = 0; i < count; ++i) snapshots.push_back(segment->worker(i));
    return snapshots;
}

std::vector<api::TurnRecord> StatisticsView::turns(std::uint32_t index) {
    const api::StatisticsReader* segment = reader();
    if (segment == nullptr || index >= segment->header().worker_count) return {};
    return segment->turns(index);
}

std::uint64_t StatisticsView::tsc_hz() {
    const api::StatisticsReader* segment = reader();
    return segment == nullptr ? 0 : segment->header().tsc_hz;
}

std::vector<api::NamedValue> StatisticsView::tcp() {
    const api::StatisticsReader* segment = reader();
    return segment == nullptr ? std::vector<api::NamedValue>() : segment->tcp();
}

std::vector<api::PortSnapshot> StatisticsView::ports() {
    const api::StatisticsReader* segment = reader();
    return segment == nullptr ? std::vector<api::PortSnapshot>() : segment->ports();
}

std::vector<api::HostTables> StatisticsView::host_tables() {
    std::vector<api::HostTables> tables;
    const api::StatisticsReader* segment = reader();
    if (segment == nullptr) return tables;
    const std::uint32_t count = segment->header().port_count;
    for (std::uint32_t i = 0; i < count; ++i) tables.push_back(segment->host_tables(i));
    return tables;
}

void StatisticsView::read_objects() {
    const std::int64_t now = now_us_();
    if (now - objects_read_us_ < kObjectsAgeUs) return;
    objects_read_us_ = now;
    objects_.clear();
    const api::StatisticsReader* segment = reader();
    if (segment == nullptr) return;
    for (api::ObjectSnapshot& object : segment->objects()) {
        using enum api::StatisticsKind;
        const std::uint64_t part = object.kind == encoding ? object.parent
                                   : object.kind == branch ? object.worker
                                                           : 0;
        const Key key{object.kind, {object.id, part}};
        objects_.insert_or_assign(key, std::move(object));
    }
}

const api::ObjectSnapshot* StatisticsView::object(api::StatisticsKind kind, std::uint64_t id,
                                                  std::uint64_t part) {
    read_objects();
    const auto it = objects_.find({kind, {id, part}});
    return it == objects_.end() ? nullptr : &it->second;
}

bool StatisticsView::alive(std::int64_t unix_us) {
    const api::StatisticsReader* segment = reader();
    if (segment == nullptr) return false;
    const auto beat = static_cast<std::int64_t>(segment->header().heartbeat_us.get());
    return unix_us - beat < kHeartbeatAgeUs;
}

}  // namespace strata::control
