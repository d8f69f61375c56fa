import DeltaLog
import Foundation
import RunFiles
import Storage

/// Writes the parts of a batch into the files of one partition, in the order of the rows.
///
/// Row groups that are large enough are copied without being decoded; small ones are put together into larger ones.
/// Which way is taken depends on the parts alone, and so do the bytes.
struct PartitionWriter: Sendable {
  /// Row groups with fewer rows on average are written anew: small ones compress badly and are slow to read.
  static let smallestRowGroup = 1 << 16

  let parts: [InspectedPart]
  let layout: FileLayout
  let directory: String
  let partitionValues: [String: String?]

  /// Writes all files, several at a time, under names that end in `suffix`.
  func write(into staging: any StagingArea, suffix: String) throws -> [WrittenFile] {
    try Parallel.map(Array(layout.files.enumerated())) { index, sources in
      let name = "part-\(String(format: "%05d", index))-\(suffix).parquet"
      let finished = try write(sources, to: staging.location(of: name))
      return finished.written(as: name, in: directory, partitionValues)
    }
  }

  private func write(_ sources: [FileLayout.Source], to path: String) throws -> FinishedFile {
    try copy(sources, to: path) ?? rewrite(sources, to: path)
  }

  /// - Returns: nil when the row groups are small, or differ in how they were written.
  private func copy(_ sources: [FileLayout.Source], to path: String) throws -> FinishedFile? {
    let rows = sources.reduce(0) { $0 + parts[$1.part].rowGroups[$1.rowGroup].rows }
    guard sources.count == 1 || rows >= sources.count * Self.smallestRowGroup else { return nil }
    let joined = try ParquetConcatenation(
      sources.map { ParquetConcatenation.Source(path: parts[$0.part].path, rowGroup: $0.rowGroup) })
    guard let joined else { return nil }
    let digest = DigestBox()
    try joined.write(to: path) {
      digest.update($0)
      Failpoint.writing.reach()
    }
    let nan = sources.reduce(into: Set<String>()) { $0.formUnion(parts[$1.part].columnsWithNaN[$1.rowGroup]) }
    return try FinishedFile(path: path, sha256: digest.sha256, columnsWithNaN: nan)
  }

  private func rewrite(_ sources: [FileLayout.Source], to path: String) throws -> FinishedFile {
    let writer = try TableFileWriter(path: path, fields: parts[sources[0].part].fields)
    try ReadAhead.read(runs(sources)) { try writer.write($0) }
    return try writer.finish()
  }

  /// Row groups of the same part that follow each other.
  private func runs(_ sources: [FileLayout.Source]) -> [ReadAhead.Source] {
    var runs: [ReadAhead.Source] = []
    var rest = sources[...]
    while let first = rest.first {
      let run = rest.prefix { $0.part == first.part }
      runs.append(.init(path: parts[first.part].path, rowGroups: run.map(\.rowGroup)))
      rest = rest.dropFirst(run.count)
    }
    return runs
  }
}
