import Storage

/// Which row groups of the parts go into which file of the table.
///
/// Decided before anything is written, from sizes in the parts' footers alone: the same parts and the same target
/// give the same files.
struct FileLayout: Equatable {
  struct Source: Equatable {
    /// Position among the parts.
    let part: Int
    let rowGroup: Int
  }

  /// For each file its sources, in the order of the rows.
  let files: [[Source]]

  /// - Parameters:
  ///   - parts: the row groups of each part, in the order of the rows.
  ///   - targetBytes: a file ends before the row group that would take it over this size. One row group is never split.
  init(parts: [[ParquetReader.RowGroup]], targetBytes: Int) {
    var files: [[Source]] = []
    var bytes = 0
    for (part, groups) in parts.enumerated() {
      for (rowGroup, group) in groups.enumerated() where group.rows > 0 {
        if files.isEmpty || bytes + group.bytes > targetBytes {
          files.append([])
          bytes = 0
        }
        files[files.count - 1].append(Source(part: part, rowGroup: rowGroup))
        bytes += group.bytes
      }
    }
    self.files = files
  }
}
