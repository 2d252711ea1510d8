#include "control/cli/table.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>

namespace strata::control::cli {
namespace {

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kPlain = "\033[0m";

// Code points, which is what names and numbers take on a terminal.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

std::string line_of(const std::vector<std::string>& cells, const std::vector<Column>& columns,
                    const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) line += "  ";
        const std::string padding(widths[i] - width_of(cells[i]), ' ');
        line += columns[i].right ? padding + cells[i] : cells[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    }
    return out;
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t i = digits.size(); i > 3;) {
        i -= 3;
        digits.insert(i, ",");
    }
    return digits;
}

std::string bit_rate(double bits_per_second) {
    static constexpr std::array<const char*, 4> kUnits = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s"};
    std::size_t unit = 0;
    while (bits_per_second >= 1000 && unit + 1 < kUnits.size()) {
        bits_per_second /= 1000;
        ++unit;
    }
    std::array<char, 64> text{};
    const int decimals = unit == 0 || bits_per_second >= 100 ? 0 : bits_per_second >= 10 ? 1 : 2;
    std::snprintf(text.data(), text.size(), "%.*f %s", decimals, bits_per_second, kUnits[unit]);
    return text.data();
}

void Table::add(std::vector<std::string> cells) {
    assert(cells.size() == columns_.size());
    for (std::string& cell : cells) cell = cell.empty() ? "-" : printable(cell);
    rows_.push_back(std::move(cells));
}

std::string Table::text(const TableStyle& style) const {
    std::vector<std::size_t> widths;
    std::vector<std::string> titles;
    for (const Column& column : columns_) {
        widths.push_back(style.headers ? width_of(column.title) : 0);
        titles.push_back(column.title);
    }
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i]));
    }
    std::string out;
    if (style.headers) {
        const std::string line = line_of(titles, columns_, widths);
        out += style.colour ? std::string(kBold) + line + std::string(kPlain) : line;
        out += "\n";
    }
    for (const auto& row : rows_) out += line_of(row, columns_, widths) + "\n";
    return out;
}

}  // namespace strata::control::cli
