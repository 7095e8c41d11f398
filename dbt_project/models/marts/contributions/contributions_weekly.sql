{{ contributions_by('week') }}
