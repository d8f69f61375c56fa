import Foundation
import Testing

@testable import Storage

@Suite struct ParquetConcatenationTests {
  private let directory: TemporaryParquet

  init() throws { directory = try TemporaryParquet() }

  private func rows(_ range: Range<Int>) throws -> RecordBatch {
    try RecordBatch([
      Column("id", texts: range.map { $0 % 7 == 0 ? nil : "row-\($0)" }),
      Column("score", range.map { Float($0) }), Column("class", range.map { Int32($0 % 3) }),
    ])
  }

  @Test("row groups of several files come out in order, with their values, statistics and page index")
  func joins() throws {
    let first = try directory.write("a", rows(0..<100), rowGroupRows: 40)
    let second = try directory.write("b", rows(100..<150), rowGroupRows: 40)
    let sources = [(first, 0), (first, 1), (first, 2), (second, 0), (second, 1)].map {
      ParquetConcatenation.Source(path: $0.0, rowGroup: $0.1)
    }
    let target = directory.path + "/joined.parquet"
    var seen = Data()
    let concatenation = try #require(try ParquetConcatenation(sources))
    try concatenation.write(to: target) { seen.append(contentsOf: $0) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == seen)
    let reader = try ParquetReader(path: target)
    #expect(reader.rows == 150 && concatenation.rows == 150)
    #expect(reader.rowGroups.map(\.rows) == [40, 40, 20, 40, 10])
    #expect(try reader.statistics(of: "score").maximum == .real(149))
    #expect(try reader.statistics(of: "id").nullCount == 22)
    #expect(try directory.texts(target, "id") == (0..<150).map { $0 % 7 == 0 ? nil : "row-\($0)" })
    // What was joined can be joined again: its own page index is where the footer says.
    let again = try #require(try ParquetConcatenation([.init(path: target, rowGroup: 3)]))
    try again.write(to: directory.path + "/again.parquet") { _ in }
    #expect(try directory.texts(directory.path + "/again.parquet", "id").count == 40)
  }

  @Test("files with other columns are not joined")
  func otherColumns() throws {
    let first = try directory.write("a", rows(0..<10))
    let second = try directory.write("b", RecordBatch([Column("id", texts: ["x"])]))
    let sources = [first, second].map { ParquetConcatenation.Source(path: $0, rowGroup: 0) }
    #expect(try ParquetConcatenation(sources) == nil)
  }
}

/// A directory for Parquet files that goes away with it.
private final class TemporaryParquet: Sendable {
  let path = NSTemporaryDirectory() + "/concatenation-" + UUID().uuidString

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ batch: RecordBatch, rowGroupRows: Int = 1 << 20) throws -> String {
    let file = "\(path)/\(name).parquet"
    let writer = try ParquetWriter(
      path: file, fields: batch.fields,
      options: .init(rowGroupRows: rowGroupRows, dictionaryColumns: ["class"]))
    try writer.write(batch)
    try writer.finish()
    return file
  }

  func texts(_ file: String, _ column: String) throws -> [String?] {
    let reader = try ParquetReader(path: file)
    var texts: [String?] = []
    for group in reader.rowGroups.indices {
      let scan = try reader.scan(rowGroup: group, columns: [column], batchRows: 1000)
      while let batch = try scan.next() {
        texts += (0..<batch.rows).map { batch[column]?.text($0) }
      }
    }
    return texts
  }
}
