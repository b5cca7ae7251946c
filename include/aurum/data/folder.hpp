#pragma once
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/data/csv.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/data/label_columns.hpp"
#include "aurum/data/pts.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/data/sets/tree.hpp"
#include "aurum/heatmap/action_units.hpp"

namespace aurum {

/// A data set in a folder: pictures (JPEG, PNG), for each its 68 landmarks in a `.pts` file of the same stem,
/// and `labels.csv`. Its header names a first column (the picture's path from the folder), columns AU01, AU2,
/// ... and, optionally, `subject`; an intensity is 0 to 5, empty, `nan` or 9 (both mean: not labelled).
/// Pictures that `labels.csv` does not list are left out. Everything but the contents of pictures and
/// landmarks is checked when the set is opened.
class FolderFaces {
 public:
  /// Throws FileError, with file and line, for a folder without labels, a column that is no AU of `table`, an
  /// intensity outside 0..5, a row without its picture or landmarks, and a picture listed twice. Given
  /// `on_wrong_row`, it is told of each row that is wrong, which is left out.
  explicit FolderFaces(std::filesystem::path folder, std::span<const ActionUnit> table = aurum::action_units,
                       const std::function<void(const FileError&)>& on_wrong_row = nullptr)
      : folder_{std::move(folder)} {
    using std::filesystem::file_type;
    if (type_of(folder_) != file_type::directory) throw FileError(folder_.string(), "no such folder");
    const std::filesystem::path labels = folder_ / "labels.csv";
    std::error_code ignored;
    if (type_of(labels) == file_type::not_found)
      throw FileError(folder_.string(), std::filesystem::is_empty(folder_, ignored)
                                            ? "the folder is empty"
                                            : "the folder has no labels.csv");
    const std::string text = read_file(labels);
    CsvReader rows(text, labels.string());
    const std::vector<Column> columns = read_header(rows, table);
    std::set<std::string> listed;
    const auto read_next = [&] {
      const auto cells = rows.next();
      if (!cells) return false;
      Row row = read_row(rows, columns, *cells);
      if (!listed.insert(row.file).second) throw rows.error(row.file + " is listed twice");
      for (const auto& path : {folder_ / row.file, landmarks_of(row)})
        if (type_of(path) != file_type::regular) throw rows.error("there is no file " + path.string());
      rows_.push_back(std::move(row));
      return true;
    };
    bool more = true, any_wrong = false;
    while (more) {
      try {
        more = read_next();
      } catch (const FileError& wrong) {
        if (!on_wrong_row) throw;
        on_wrong_row(wrong);
        any_wrong = true;
      }
    }
    if (rows_.empty() && !any_wrong) throw FileError(labels.string(), "no pictures are listed");
  }

  [[nodiscard]] int size() const { return static_cast<int>(rows_.size()); }
  [[nodiscard]] std::span<const int> action_units() const { return action_units_; }
  /// What the `subject` column called the people, in the order of `Sample::subject`.
  [[nodiscard]] std::span<const std::string> subjects() const { return subjects_; }
  /// Whose picture it is (see `Sample::subject`), without reading it. Throws ValueError for an index
  /// that the set does not have.
  [[nodiscard]] int subject_of(int index) const { return row(index).subject; }

  /// The files of a face, which are not read, and its labels. Throw as `subject_of`.
  [[nodiscard]] std::filesystem::path picture(int index) const { return folder_ / row(index).file; }
  [[nodiscard]] std::filesystem::path landmarks(int index) const { return landmarks_of(row(index)); }
  [[nodiscard]] std::span<const float> labels(int index) const { return row(index).intensities; }

  /// Reads one face. Throws FileError where its picture or landmarks cannot be read, ValueError for an index
  /// that the set does not have.
  [[nodiscard]] Sample sample(int index) const {
    const Row& face = row(index);
    return {.image = read_image(folder_ / face.file),
            .landmarks = read_pts(landmarks_of(face)),
            .intensities = face.intensities,
            .subject = face.subject,
            .name = face.file};
  }

 private:
  enum class Column { file, intensity, subject };
  struct Row {
    std::string file;
    std::vector<float> intensities;
    int subject = 0;
  };

  [[nodiscard]] const Row& row(int index) const {
    if (index < 0 || index >= size())
      throw ValueError("sample " + std::to_string(index) + " of a set of " + std::to_string(size()));
    return rows_[static_cast<std::size_t>(index)];
  }

  [[nodiscard]] std::filesystem::path landmarks_of(const Row& row) const {
    return (folder_ / row.file).replace_extension(".pts");
  }

  [[nodiscard]] std::vector<Column> read_header(CsvReader& rows, std::span<const ActionUnit> table) {
    const auto names = rows.next();
    if (!names) throw rows.error("no header");
    std::vector<Column> columns = {Column::file};
    for (const std::string& name : std::span(*names).subspan(1)) {
      if (name == "subject") {
        columns.push_back(Column::subject);
        continue;
      }
      action_units_.push_back(read_action_unit_name(rows, name, "subject", table));
      columns.push_back(Column::intensity);
    }
    check_action_unit_columns(rows, action_units_);
    if (std::ranges::count(columns, Column::subject) > 1) throw rows.error("'subject' has two columns");
    return columns;
  }

  [[nodiscard]] Row read_row(const CsvReader& rows, const std::vector<Column>& columns,
                             const std::vector<std::string>& cells) {
    if (cells.size() != columns.size())
      throw rows.error("expected " + std::to_string(columns.size()) + " cells, found " +
                       std::to_string(cells.size()));
    Row row;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (columns[i] == Column::file) row.file = cells[i];
      if (columns[i] == Column::subject) row.subject = subject(cells[i]);
      if (columns[i] == Column::intensity) {
        const int unit = action_units_[row.intensities.size()];
        row.intensities.push_back(read_intensity(rows, unit, cells[i]));
      }
    }
    return row;
  }

  [[nodiscard]] int subject(const std::string& name) {
    const auto known = std::ranges::find(subjects_, name);
    const auto index = known - subjects_.begin();
    if (known == subjects_.end()) subjects_.push_back(name);
    return static_cast<int>(index);
  }

  std::filesystem::path folder_;
  std::vector<int> action_units_;
  std::vector<std::string> subjects_;
  std::vector<Row> rows_;
};

}  // namespace aurum
