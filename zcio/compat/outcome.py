"""The outcome of a call, as a value that can be compared."""

__all__ = ["Outcome"]


class Outcome:
    """The type and value that a call returned, or the type, text and errno of the exception that it raised."""

    def __init__(self, function, subject):
        self.value = self.error = self.number = None
        try:
            self.value = function(subject)
        except Exception as error:
            self.error = type(error)
            self.number = getattr(error, "errno", None)
            self.value = self.words(error)

    @staticmethod
    def words(error):
        """The part of an exception's text that is compared."""
        return str(error)

    def __eq__(self, other):
        mine = (self.error, self.number, type(self.value), self.value)
        return mine == (other.error, other.number, type(other.value), other.value)

    def __ne__(self, other):
        return not self == other

    def __repr__(self):
        if self.error is not None:
            return "%s(%r)" % (self.error.__name__, self.value)
        text = repr(self.value)
        return "%s %s" % (type(self.value).__name__, text if len(text) < 200 else text[:200] + "...")
