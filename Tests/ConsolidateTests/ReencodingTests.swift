import Foundation
import RunFiles
import Storage
import Synchronization
import Testing

@testable import Consolidate

@Suite struct ReencodingTests {
  private let fixture: RunFixture

  init() throws { fixture = try RunFixture() }

  /// Two files of 2,500 rows in row groups of 100, as sources.
  private func sources(nanAt row: Int? = nil) throws -> (fields: [Field], sources: [RowGroupSource]) {
    var sources: [RowGroupSource] = []
    var fields: [Field] = []
    for file in 0..<2 {
      var batch = try RunFixture.predictions(file * 2500, 2500)
      if let row, file == 0 {
        let scores = (0..<2500).map { $0 == row ? Float.nan : 0.5 }
        batch = try RecordBatch([batch.columns[0], Column("score", scores), batch.columns[2]])
      }
      let path = "\(fixture.root)/\(file).parquet"
      let writer = try ParquetWriter(path: path, fields: batch.fields, options: .init(rowGroupRows: 100))
      try writer.write(batch)
      try writer.finish()
      fields = batch.fields
      for group in 0..<25 {
        let first = file * 2500 + group * 100
        sources.append(.init(path: path, rowGroup: group, rows: first..<first + 100))
      }
    }
    return (fields, sources)
  }

  private func ids(_ path: String) throws -> [String] {
    var ids: [String] = []
    try BatchStream.read(path) { batch in ids += (0..<batch.rows).compactMap { batch["id"]?.text($0) } }
    return ids
  }

  @Test("small row groups become large ones, the rows in their order, the bytes the same on any number of threads")
  func joins() throws {
    let (fields, sources) = try sources()
    let digests = try [1, 3].map { threads in
      let path = "\(fixture.root)/out-\(threads).parquet"
      let rewriting = Reencoding(fields: fields, threads: threads)
      let finished = try #require(try rewriting.write(sources, to: path))
      #expect(finished.rows == 5000)
      #expect(try ids(path) == (0..<5000).map { "row-\($0)" })
      #expect(try ParquetReader(path: path).rowGroups.map(\.rows) == [5000])
      #expect(try FileDigest.sha256(ofFile: path) == finished.sha256)
      return finished.sha256
    }
    #expect(Set(digests).count == 1)
  }

  @Test("rows that are left out are not there; without any row there is no file")
  func leavesOut() throws {
    let (fields, sources) = try sources()
    var leftOut = RowSet(rows: 5000)
    for row in 0..<5000 where row % 3 != 0 || (1000..<2000).contains(row) { leftOut.insert(row) }
    let path = fixture.root + "/some.parquet"
    let finished = try Reencoding(fields: fields, leftOut: leftOut).write(sources, to: path)
    let kept = (0..<5000).filter { !leftOut.contains($0) }
    #expect(try finished?.rows == kept.count && ids(path) == kept.map { "row-\($0)" })
    for row in 0..<5000 { leftOut.insert(row) }
    let nothing = fixture.root + "/none.parquet"
    #expect(try Reencoding(fields: fields, leftOut: leftOut).write(sources, to: nothing) == nil)
    #expect(!FileManager.default.fileExists(atPath: nothing))
  }

  @Test("pieces end where the next row group would take them over their size, counted in rows that are kept")
  func pieces() {
    let sources = (0..<30).map { index in
      RowGroupSource(path: "a", rowGroup: index, rows: index * 100_000..<(index + 1) * 100_000)
    }
    let all = sources.pieces(rows: 1 << 20, reads: 1 << 22, leftOut: nil)
    #expect(all.map(\.count) == [10, 10, 10])
    var leftOut = RowSet(rows: 3_000_000)
    for row in 0..<3_000_000 where row % 2 == 0 || row < 200_000 { leftOut.insert(row) }
    let half = sources.pieces(rows: 1 << 20, reads: 1 << 22, leftOut: leftOut)
    #expect(half.map(\.count) == [20, 8] && half[0].first?.rowGroup == 2)
  }

  @Test("a column in which a NaN was seen has no bounds")
  func nan() throws {
    let (fields, sources) = try sources(nanAt: 2400)
    let path = fixture.root + "/nan.parquet"
    let finished = try #require(try Reencoding(fields: fields).write(sources, to: path))
    let bounds = try JSONValue(parsing: Data(finished.statistics.json.utf8))["minValues"]
    #expect(bounds?["score"] == nil && bounds?["late"] == .number("0"))
  }

  @Test("results are handed on in order, few wait, and the first error is the one that counts")
  func inOrder() throws {
    var seen: [Int] = []
    let ahead = Mutex((begun: 0, most: 0, done: 0))
    try Parallel.inOrder(Array(0..<100), threads: 3) { item in
      ahead.withLock { state in
        state.begun += 1
        state.most = max(state.most, state.begun - state.done)
      }
      return item * 2
    } consume: { result in
      seen.append(result)
      ahead.withLock { $0.done += 1 }
    }
    #expect(seen == (0..<100).map { $0 * 2 })
    #expect(ahead.withLock { $0.most } <= 5)
    struct Bad: Error, Equatable { let item: Int }
    var consumed = 0
    #expect(throws: Bad(item: 7)) {
      try Parallel.inOrder(Array(0..<100), threads: 4) { item in
        if item >= 7 { throw Bad(item: item) }
        return item
      } consume: { _ in
        consumed += 1
      }
    }
    #expect(consumed == 7)
  }
}
