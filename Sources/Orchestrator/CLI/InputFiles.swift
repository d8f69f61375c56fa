import ArgumentParser
import Foundation

/// The files that arguments stand for: a folder is the YAML and JSON files below it, in order of path.
func inputFiles(_ paths: [String]) -> [String] {
  paths.flatMap { path -> [String] in
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      return [path]
    }
    let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    return names.filter { [".yaml", ".yml", ".json"].contains(where: $0.hasSuffix) }.sorted()
      .map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
  }
}

/// The bytes of a file, or of standard input for `-`, and what to call them.
func readInput(_ path: String) throws -> (bytes: [UInt8], name: String) {
  if path == "-" { return (Array(FileHandle.standardInput.readDataToEndOfFile()), "<stdin>") }
  do {
    return (Array(try Data(contentsOf: URL(fileURLWithPath: path))), path)
  } catch {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    throw fail(
      exists ? (isFolder.boolValue ? "\(path) is a folder" : "\(path) cannot be read") : "there is no file \(path)",
      ExitStatus.noInput)
  }
}
