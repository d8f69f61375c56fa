import DeltaLog
import Foundation
import RunFiles
import Storage

/// Writes the parts of a batch into the files of one partition, in the order of the rows.
///
/// Row groups that are large enough and go in whole are copied without being decoded; others are put together into
/// larger ones. Which way is taken depends on the parts and on what is left out alone, and so do the bytes.
struct PartitionWriter: Sendable {
  /// Row groups with fewer rows on average are written anew: small ones compress badly and are slow to read.
  static let smallestRowGroup = 1 << 16

  let parts: [InspectedPart]
  let layout: FileLayout
  let directory: String
  let partitionValues: [String: String?]
  /// Positions of rows that do not go in.
  var leftOut: RowSet?

  /// Writes all files, several at a time, under names that end in `suffix`.
  func write(into staging: any StagingArea, suffix: String) throws -> [WrittenFile] {
    // Where there are files enough for all cores, each is written by one thread.
    let threads = layout.files.count < Parallel.threads ? Parallel.threads : 1
    let files = try Parallel.map(Array(layout.files.enumerated())) { index, sources -> WrittenFile? in
      let name = "part-\(String(format: "%05d", index))-\(suffix).parquet"
      let finished = try write(sources, to: staging.location(of: name), threads)
      return finished?.written(as: name, in: directory, partitionValues)
    }
    return files.compactMap { $0 }
  }

  private func write(_ sources: [FileLayout.Source], to path: String, _ threads: Int) throws -> FinishedFile? {
    let rewriting = Reencoding(fields: parts[sources[0].part].fields, leftOut: leftOut, threads: threads)
    let groups = Dictionary(uniqueKeysWithValues: Set(sources.map(\.part)).map { ($0, parts[$0].sources) })
    let sources = sources.compactMap { groups[$0.part]?[$0.rowGroup] }
    return try copy(sources, to: path) ?? rewriting.write(sources, to: path)
  }

  /// - Returns: nil when rows are left out, or the row groups are small, or differ in how they were written.
  private func copy(_ sources: [RowGroupSource], to path: String) throws -> FinishedFile? {
    let rows = sources.reduce(0) { $0 + $1.rows.count }
    guard sources.count == 1 || rows >= sources.count * Self.smallestRowGroup,
      leftOut.map({ out in sources.allSatisfy { out.count(in: $0.rows) == 0 } }) ?? true,
      let joined = try ParquetConcatenation(sources.map { .init(path: $0.path, rowGroup: $0.rowGroup) })
    else { return nil }
    let digest = DigestBox()
    try joined.write(to: path) {
      digest.update($0)
      Failpoint.writing.reach()
    }
    let nan = sources.reduce(into: Set<String>()) { $0.formUnion($1.columnsWithNaN) }
    return try FinishedFile(path: path, sha256: digest.sha256, columnsWithNaN: nan)
  }
}
