class Book:
    def __init__(self, course): pass
    def page(self, chapter): return self
    def convert(self, cell): return cell.source
    def references(self): return ""
