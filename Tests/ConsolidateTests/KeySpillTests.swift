import Storage
import Testing

@testable import Consolidate

@Suite struct KeySpillTests {
  private func keys(_ range: Range<Int>) throws -> [KeyFingerprint] {
    try RecordBatch([Column("id", texts: range.map { "key-\($0)" })]).fingerprints()
  }

  private func filled(shares: Int, _ batches: [(keys: [KeyFingerprint], position: Int)]) throws -> KeySpill {
    let spill = try KeySpill(shares: shares)
    _ = try Parallel.map(batches) { batch in
      var appender = KeySpill.Appender(spill)
      try appender.append(batch.keys, from: batch.position)
      try appender.finish()
    }
    return spill
  }

  @Test("every key comes back once with its position, in one share or many", arguments: [1, 2, 16])
  func roundTrip(_ shares: Int) throws {
    let batches = try (0..<5).map { (keys: try keys($0 * 1000..<($0 + 1) * 1000), position: $0 * 1000) }
    let spill = try filled(shares: shares, batches)
    let all = batches.flatMap(\.keys)
    var seen = RowSet(rows: 5000)
    for share in 0..<shares {
      var count = 0
      try spill.read(share) { entry in
        #expect(all[entry.position] == entry.key && !seen.contains(entry.position))
        seen.insert(entry.position)
        count += 1
      }
      #expect(count == spill.count(of: share))
      #expect(shares == 1 || count < 5000, "the keys are not shared out")
    }
    #expect(seen.count == 5000)
  }

  @Test("keys that came before are counted, wherever the others lie", arguments: [1, 8])
  func duplicates(_ shares: Int) throws {
    let once = try filled(shares: shares, [(try keys(0..<3000), 0)])
    #expect(try once.duplicates() == 0)
    let twice = try filled(shares: shares, [(try keys(0..<3000), 0), (try keys(2990..<3010), 3000)])
    #expect(try twice.duplicates() == 10)
    let often = try filled(shares: shares, (0..<4).map { (try keys(7..<8), $0) })
    #expect(try often.duplicates() == 3)
  }

  @Test("a table of keys finds those it has, and no others")
  func lookup() throws {
    let spill = try filled(shares: 4, [(try keys(0..<2000), 0)])
    let tables = try (0..<4).map { try KeyTable(spill, $0) }
    for (position, key) in try keys(0..<2000).enumerated() {
      #expect(tables.compactMap { $0.position(of: key) } == [position])
    }
    for key in try keys(2000..<2100) { #expect(tables.allSatisfy { $0.position(of: key) == nil }) }
  }

  @Test("more rows take more shares, so that one share stays small")
  func shares() throws {
    #expect(try KeySpill(rows: 0).shares == 1)
    #expect(try KeySpill(rows: 20_000_000).shares == 128)
  }

  @Test("a set of rows holds what was put in")
  func rowSet() {
    var set = RowSet(rows: 130)
    for row in [0, 63, 64, 129, 64] { set.insert(row) }
    #expect((0..<130).filter(set.contains) == [0, 63, 64, 129])
    #expect(set.count == 4 && set.count(in: 1..<65) == 2)
  }
}
