import Testing
import WorkflowSpec

@Suite("Names")
struct NameDiagnosticTests {
  @Test("A template that is not there is named with the one that was meant")
  func unknownTemplates() {
    expect(
      spec: """
        entrypoint: main
        onExit: cleanup
        templates:
          - name: main
            steps:
              - - name: fit
                  template: trian
          - name: train
            container: {image: busybox}
        """,
      gives: """
        w.yaml:6:11: error: 'onExit' names 'cleanup', which is not a template
          onExit: cleanup
                  ^
        hint: templates of this workflow: main, train
        w.yaml:11:23: error: 'trian' is not a template
                    template: trian
                              ^
        hint: did you mean 'train'?
        """)
  }

  @Test("An entrypoint that is not there is named with the one that was meant")
  func unknownEntrypoint() {
    expect(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {name: a}
      spec:
        entrypoint: mian
        templates:
          - name: main
            container: {image: busybox}
      """,
      gives: """
        w.yaml:5:15: error: 'entrypoint' names 'mian', which is not a template
          entrypoint: mian
                      ^
        hint: did you mean 'main'?
        """)
  }

  @Test("A name that is given twice is named with its first place")
  func duplicates() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            steps:
              - - name: a
                  template: echo
              - - name: a
                  template: echo
          - name: echo
            inputs: {parameters: [{name: x, default: "1"}, {name: x, default: "2"}]}
            container: {image: busybox}
          - name: echo
            container: {image: busybox}
        """,
      gives: """
        w.yaml:11:19: error: the step 'a' is defined twice
                - - name: a
                          ^
        hint: it was first defined on line 9
        w.yaml:14:61: error: the parameter 'x' is defined twice
              inputs: {parameters: [{name: x, default: "1"}, {name: x, default: "2"}]}
                                                                    ^
        hint: it was first defined on line 14
        w.yaml:16:13: error: the template 'echo' is defined twice
            - name: echo
                    ^
        hint: it was first defined on line 13
        """)
  }

  @Test("A name that Argo does not take is refused")
  func malformed() {
    expect(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {name: My_Workflow}
      spec:
        entrypoint: main
        arguments: {parameters: [{name: "a b", value: "1"}]}
        templates:
          - name: main
            steps:
              - - name: -first
                  template: the template
          - name: the template
            container: {image: busybox}
          - container: {image: busybox}
      """,
      gives: """
        w.yaml:3:18: error: 'My_Workflow' cannot name an object
        metadata: {name: My_Workflow}
                         ^
        hint: lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit
        w.yaml:6:35: error: 'a b' cannot name a parameter
          arguments: {parameters: [{name: "a b", value: "1"}]}
                                          ^
        hint: letters, digits, '-' and '_'
        w.yaml:10:19: error: '-first' cannot name a step
                - - name: -first
                          ^
        hint: letters, digits and '-', beginning with a letter or digit, at most 128
        w.yaml:12:13: error: 'the template' cannot name a template
            - name: the template
                    ^
        hint: letters, digits and '-', beginning with a letter or digit, at most 128
        w.yaml:14:7: error: this template has no name
            - container: {image: busybox}
              ^
        """)
  }

  @Test("A run needs a name or the beginning of one")
  func missingName() {
    expect(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata:
        labels: {a: b}
      spec:
        entrypoint: main
        templates:
          - name: main
            container: {image: busybox}
      """, for: .run,
      gives: """
        w.yaml:3:1: error: this Workflow has no name
        metadata:
        ^
        hint: give metadata.name, or metadata.generateName for a new name each time
        """)
  }

  @Test("A kind and version that do not belong together are named")
  func kinds() {
    expect(
      """
      apiVersion: v1
      kind: Workflow
      metadata: {name: a}
      spec:
        entrypoint: main
        templates:
          - name: main
            container: {image: busybox}
      ---
      apiVersion: argoproj.io/v1alpha1
      kind: WorkflowTemplat
      metadata: {name: b}
      ---
      metadata: {name: c}
      ---
      - kind
      """,
      gives: """
        w.yaml:1:13: error: a Workflow has apiVersion 'argoproj.io/v1alpha1', not 'v1'
        apiVersion: v1
                    ^
        w.yaml:11:7: error: unknown kind 'WorkflowTemplat'
        kind: WorkflowTemplat
              ^
        hint: did you mean 'WorkflowTemplate'?
        w.yaml:14:1: error: this object has no 'kind'
        metadata: {name: c}
        ^
        hint: write 'kind: Workflow'
        w.yaml:16:1: error: an object was expected here, not a list
        - kind
        ^
        hint: a workflow begins with 'apiVersion: argoproj.io/v1alpha1' and 'kind: Workflow'
        """)
  }
}
