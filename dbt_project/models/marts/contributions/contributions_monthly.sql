{{ contributions_by('month') }}
