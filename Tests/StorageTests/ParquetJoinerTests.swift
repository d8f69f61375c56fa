import Foundation
import Testing

@testable import Storage

@Suite struct ParquetJoinerTests {
  private let directory = TemporaryDirectory()

  private func rows(_ range: Range<Int>) throws -> RecordBatch {
    try RecordBatch([Column("id", texts: range.map { "row-\($0)" }), Column("class", range.map { Int32($0 % 3) })])
  }

  private func inMemory(_ batch: RecordBatch, rowGroupRows: Int = 1000) throws -> ByteInput {
    let writer = try ParquetWriter(
      inMemory: batch.fields, options: .init(rowGroupRows: rowGroupRows, dictionaryColumns: ["class"]))
    try writer.write(batch)
    return try writer.finishInMemory()
  }

  @Test("a file in memory has the bytes that it has on disk")
  func memory() throws {
    let batch = try rows(0..<500)
    let path = directory.path("disk.parquet")
    let writer = try ParquetWriter(
      path: path, fields: batch.fields, options: .init(rowGroupRows: 200, dictionaryColumns: ["class"]))
    try writer.write(batch)
    try writer.finish()
    let memory = try inMemory(batch, rowGroupRows: 200)
    #expect(Data(try memory.read(0..<memory.bytes)) == (try Data(contentsOf: URL(fileURLWithPath: path))))
  }

  @Test("files in memory become one file, row groups, statistics and page index included")
  func joins() throws {
    let path = directory.path("joined.parquet")
    var seen = Data()
    let joiner = try ParquetJoiner(path: path) { seen.append(contentsOf: $0) }
    for start in stride(from: 0, to: 900, by: 300) {
      try joiner.append(inMemory(rows(start..<start + 300), rowGroupRows: 200))
    }
    try joiner.finish()
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == seen)
    let reader = try ParquetReader(path: path)
    #expect(reader.rowGroups.map(\.rows) == [200, 100, 200, 100, 200, 100])
    #expect(try reader.statistics(of: "class").maximum == .integer(2))
    let scan = try reader.scan(rowGroups: Array(0..<6), columns: ["id"], batchRows: 250)
    var (ids, sizes) = ([String](), [Int]())
    while let batch = try scan.next() {
      ids += (0..<batch.rows).compactMap { batch["id"]?.text($0) }
      sizes.append(batch.rows)
    }
    #expect(ids == (0..<900).map { "row-\($0)" })
    #expect(sizes == [250, 250, 250, 150])
    // Its page index lies where the footer says: it can be moved again.
    let again = try #require(try ParquetConcatenation([.init(path: path, rowGroup: 5)]))
    try again.write(to: directory.path("again.parquet")) { _ in }
    #expect(try ParquetReader(path: directory.path("again.parquet")).rows == 100)
  }

  @Test("a file with other columns is not appended, and nothing makes no file")
  func refusals() throws {
    let joiner = try ParquetJoiner(path: directory.path("a.parquet")) { _ in }
    #expect(throws: StorageError.self) { try joiner.finish() }
    try joiner.append(inMemory(rows(0..<10)))
    let other = try RecordBatch([Column("id", texts: ["x"])])
    #expect(throws: StorageError.self) { try joiner.append(inMemory(other)) }
  }
}
