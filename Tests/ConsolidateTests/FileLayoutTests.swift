import Testing

@testable import Consolidate
@testable import Storage

@Suite struct FileLayoutTests {
  private static func layout(_ parts: [[Int]], target: Int) -> [[String]] {
    let groups = parts.map { $0.map { ParquetReader.RowGroup(rows: $0 == 0 ? 0 : 1, bytes: $0) } }
    return FileLayout(parts: groups, targetBytes: target).files.map { $0.map { "\($0.part).\($0.rowGroup)" } }
  }

  @Test("row groups fill a file up to its target, in their order")
  func fill() {
    #expect(Self.layout([[40, 40], [40, 40], [40]], target: 100) == [["0.0", "0.1"], ["1.0", "1.1"], ["2.0"]])
  }

  @Test("a row group larger than the target is a file of its own")
  func large() {
    #expect(Self.layout([[10, 500, 10]], target: 100) == [["0.0"], ["0.1"], ["0.2"]])
  }

  @Test("row groups without rows and batches without parts make no file")
  func empty() {
    #expect(Self.layout([[0], []], target: 100).isEmpty)
    #expect(Self.layout([], target: 100).isEmpty)
  }
}
